// Finds when the entries of streams were added, on both sides of the limit of age.
import { ageCutoff, type RetentionRules } from '../../retention/policy.js';
import type { PlanTimes } from '../backend.js';
import { entries, timeOf } from './entries.js';
import { idAt, isBefore, secondsOf } from './ids.js';
import type { StreamPlan } from './plan-stream.js';
import type { Session } from './session.js';

/** Reads two entries of each stream: those on both sides of the limit, by their ids. */
export async function timesOfStreams(
  session: Session,
  plans: readonly StreamPlan[],
  rules: RetentionRules,
): Promise<PlanTimes> {
  const cutoff = ageCutoff(rules);
  const sides = await Promise.all(
    plans.map(async (plan) => {
      const { first, last } = plan.state;
      const ends = { oldest: secondsOf(first), newest: secondsOf(last) };
      if (rules.max_age_seconds === null) return { ...ends, newestExpired: NaN, oldestLive: ends.oldest }; // prettier-ignore
      const at = idAt(cutoff);
      const older = isBefore(at, first) ? NaN : await firstTime(session, plan, { from: at, to: first, newestFirst: true }); // prettier-ignore
      const younger = await firstTime(session, plan, { from: isBefore(at, first) ? first : at, to: '+' }); // prettier-ignore
      return { ...ends, newestExpired: older, oldestLive: younger };
    }),
  );
  const known = (of: keyof PlanTimes) => sides.map((side) => side[of]).filter((time) => !Number.isNaN(time)); // prettier-ignore
  const least = (of: keyof PlanTimes) => orNaN(Math.min(...known(of)));
  const most = (of: keyof PlanTimes) => orNaN(Math.max(...known(of)));
  return {
    oldest: least('oldest'),
    newest: most('newest'),
    newestExpired: most('newestExpired'),
    oldestLive: least('oldestLive'),
  };
}

async function firstTime(
  session: Session,
  plan: StreamPlan,
  range: { from: string; to: string; newestFirst?: boolean },
): Promise<number> {
  for await (const entry of entries(session, plan, { ...range, limit: 1 })) return timeOf(entry);
  return NaN;
}

function orNaN(time: number): number {
  return Number.isFinite(time) ? time : NaN;
}

// Judges whether what a plan would drop looks like a wrong unit, or like a clock that jumped.
/**
 * The default of `--max-drop`. A share alone cannot tell: in a steady state a run drops interval / (age + interval) of
 * the records; a burst, a policy of 7 days in place of 30, the first run on an old log, or a host that slept for months
 * make it nearly all, and all of these are right. What is wrong is told by what has changed since the last run that ended
 * well, which the metrics remember with its policy:
 *
 * - A limit that was kept, and is many times stricter now. Units are confused by factors of 7 (weeks and days), 24, 60 or
 *   1000; a change that is meant, such as 30 days to 7, seldom is by more than 6.
 * - Where a limit of age or size is new, the last policy says nothing, and the store itself is the measure. A log that grew
 *   for years before its first run has a hundred times what stays. A thousand times, of which nearly all goes, is what
 *   seconds in place of hours or days leave, and KB in place of MB. A count has no unit.
 * - Much goes by age, and this clock says that no run has ended well for most of a year. Hosts sleep for months; a clock
 *   that is set wrong is off by years. Where no run is remembered, it is the time without a record between those that
 *   would go and those that would stay, so records that were appended by the wrong clock do not hide it.
 *
 * A run that drops a tenth or less is never doubted: the next one may, before more is lost. With the policy and the clock
 * of the last run no run is doubted, whatever it drops. So what interval, growth, bursts and outages make of the share does
 * not matter, and after a refusal the next run works as soon as limit and clock are right again.
 *
 * test/guards/simulation.test.ts plays this against thousands of stores, and counts what it misses.
 */
import type { PlanTimes } from '../backends/backend.js';
import type { RetentionPolicy } from '../retention/policy.js';

const NEVER_DOUBTED = 0.1;
const STRICTER = 6;
/** Of a limit that no run has applied yet. */
const FIRST = { times: 1000, share: 0.98 };
/** Longer than hosts and systems sleep. */
export const SILENCE_SECONDS = 300 * 86_400;
/** The year 2000. Records of an earlier date are those of a clock that was not set, and tell nothing of ours. */
const CLOCKS_WERE_SET = 946_684_800;

/** What a plan would drop. */
export interface Drop {
  /** Seconds since 1970. */
  now: number;
  policy: RetentionPolicy;
  /** What the store has; null: not known. */
  records: number | null;
  bytes: number | null;
  /** Shares of the records, from 0 to 1, that would go: of all, and by each limit. */
  share: number;
  by: { age: number; count: number; size: number };
  times: PlanTimes | null;
}

/** What is known of the last run that ended well; null: there is none, or it is not known. */
export interface Past {
  policy: RetentionPolicy | null;
  /** Seconds since 1970. */
  lastSuccess: number | null;
}

export type Doubt =
  | { why: 'stricter'; limit: keyof RetentionPolicy; is: number; was: number }
  | { why: 'first'; limit: keyof RetentionPolicy; is: number; there: number }
  | { why: 'silence'; seconds: number; of: 'runs' | 'records' };

/** Whether a drop is worth to look at the past. */
export function isDoubtable({ share }: Pick<Drop, 'share'>): boolean {
  return share > NEVER_DOUBTED;
}

/** Pure. undefined: nothing speaks against the drop. */
export function doubtOf(drop: Drop, past: Past): Doubt | undefined {
  return isDoubtable(drop) ? (limitDoubt(drop, past) ?? clockDoubt(drop, past)) : undefined;
}

function limitDoubt({ now, policy, bytes, share, by, times }: Drop, past: Past): Doubt | undefined {
  const seconds = times && now - times.oldest;
  const limits = [
    ['max_age_seconds', by.age, seconds],
    ['max_records', by.count, null],
    ['max_total_bytes', by.size, bytes],
  ] as const;
  for (const [limit, taken, there] of limits) {
    const is = policy[limit];
    if (is === null || taken <= NEVER_DOUBTED) continue;
    const was = past.policy?.[limit] ?? null;
    if (was !== null && was > STRICTER * is) return { why: 'stricter', limit, is, was };
    if (was !== null || there === null || share <= FIRST.share) continue;
    if (there > FIRST.times * is) return { why: 'first', limit, is, there };
  }
  return undefined;
}

function clockDoubt({ now, by, times }: Drop, { lastSuccess }: Past): Doubt | undefined {
  if (by.age <= NEVER_DOUBTED) return undefined;
  const seconds = lastSuccess === null ? gapAround(times, now) : now - lastSuccess;
  if (!(seconds > SILENCE_SECONDS)) return undefined;
  return { why: 'silence', seconds, of: lastSuccess === null ? 'records' : 'runs' };
}

/** Seconds between the last record that would go and the first that would stay; NaN: not known. */
function gapAround(times: PlanTimes | null, now: number): number {
  if (!times) return NaN;
  const { newestExpired, oldestLive } = times;
  if (newestExpired < CLOCKS_WERE_SET) return NaN;
  return (Number.isNaN(oldestLive) ? now : oldestLive) - newestExpired;
}

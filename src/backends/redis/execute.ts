// Executes the plan of all streams: archives what goes, then trims (trim.ts), one stream at a time on each master.
//
// A stream that fails does not stop the others. A crash leaves trimmed what was trimmed, and an archive that may also
// have entries that are still there. The next run plans anew.
import type { CompactionReport } from '../../report/report.js';
import type { PlanRequest } from '../backend.js';
import { archiveStreams } from './archive.js';
import { byLimit, shared, totalOf } from './limits.js';
import type { StreamPlan } from './plan-stream.js';
import { concluded, streamsReport, type ReportHead, type StreamResult } from './report.js';
import { secondsOf } from './ids.js';
import { entriesProgress } from './entries-progress.js';
import { perNode, wordedFailure } from './run.js';
import type { Session } from './session.js';
import { memoryOf, type StreamState } from './stream.js';
import { MOST_COUNTED, Trim, type TrimOptions } from './trim.js';

/** A trim stalls its master for a batch; two at a time would stall it for both. */
const TRIMS_PER_NODE = 1;

export async function executeStreams(
  session: Session,
  request: PlanRequest,
  head: ReportHead,
  previews: readonly StreamResult[],
): Promise<CompactionReport> {
  const { archive: archiving } = request;
  const busy = previews.flatMap(({ plan }) => (plan && plan.cuts.length > 0 ? plan : []));
  const progress = entriesProgress('trim', expectedOfAll(busy), request);
  const archive =
    archiving === undefined ? null : await archiveStreams(session, busy, archiving, request.signal);
  const options = {
    approx: session.store.approx && archive === null && !request.rules.free,
    ignoreGroups: request.ignoreGroups === true,
    signal: request.signal,
    onTrimmed: progress,
  };
  const limit = perNode(TRIMS_PER_NODE);
  const results = await Promise.all(
    previews.map(async (preview) => {
      const { plan } = preview;
      if (!plan) return preview;
      return limit(plan.node, () => trim(session, plan, options));
    }),
  );
  const report = streamsReport(head, results);
  report.archive = archive;
  report.status = report.records.dropped === 0 ? 'nothing_to_do' : 'compacted';
  return concluded(report, results);
}

async function trim(
  session: Session,
  plan: StreamPlan,
  options: TrimOptions,
): Promise<StreamResult> {
  const began = Date.now();
  const { key, state: planned, counted, held } = plan;
  const { state, left, failure, taken } = await new Trim(session, plan, options).run();
  const dropped = byLimit(counted ? shared(totalOf(taken), counted) : taken, plan);
  const isKnown = state?.added != null && planned.added !== null;
  const result: StreamResult = {
    key,
    plan,
    dropped,
    appended: isKnown ? Math.max(0, state.added! - planned.added!) : null,
    left: left === null ? null : left + held,
    memoryAfter: plan.memory,
    durationMs: 0,
  };
  const nothingWent = plan.cuts.length > 0 && totalOf(taken) === 0;
  if (nothingWent && options.approx && left !== 0) result.stays = inLastNode(left);
  const failed = (error: unknown): void => {
    result.failure = wordedFailure(error, session);
    const rest = restOf(plan, totalOf(taken), state);
    result.left = rest.isExact ? rest.entries + held : null;
    result.stays = `expired, and still to go: ${rest.isExact ? '' : 'about '}${rest.entries}`;
  };
  if (failure !== undefined) failed(failure);
  if (totalOf(taken) > 0) {
    // After a failure the server may not answer.
    await memoryOf(session, plan).then(
      (bytes) => (result.memoryAfter = bytes),
      (error: unknown) => {
        result.memoryAfter = null;
        if (failure === undefined) failed(error);
      },
    );
  }
  result.durationMs = plan.planMs + Date.now() - began;
  return result;
}

/** An approximate trim takes only whole nodes. */
function inLastNode(left: number | null): string {
  const many = left === null ? `more than ${MOST_COUNTED}` : String(left);
  const what = left === 1 ? '1 expired entry is' : `${many} expired entries are`;
  return `${what} in a node (stream-node-max-entries) with entries that stay; --exact takes ${left === 1 ? 'it' : 'them'}`;
}

/** What a trim that ended early has not taken. */
function restOf(
  plan: StreamPlan,
  taken: number,
  state: StreamState | null,
): { entries: number; isExact: boolean } {
  const [cut] = plan.cuts;
  if (!state) return { entries: 0, isExact: true };
  const isOne = cut && 'newest' in cut && plan.cuts.length === 1;
  const isExact = plan.counted !== null || isOne === true;
  return { entries: Math.max(0, expected(plan) - taken), isExact };
}

/** Entries that will go: their number is known of some streams, and estimated from the ids of the others. */
function expectedOfAll(plans: readonly StreamPlan[]): number {
  return plans.reduce((all, plan) => all + expected(plan), 0);
}

function expected({ counted, state, cuts }: StreamPlan): number {
  if (counted) return totalOf(counted);
  const share = Math.max(...cuts.map((cut) => shareOf(cut, state)));
  return Math.round(share * state.length);
}

function shareOf(
  cut: StreamPlan['cuts'][number],
  { first, last, length }: StreamPlan['state'],
): number {
  if (!('before' in cut)) return 1 - cut.newest / length;
  const span = secondsOf(last) - secondsOf(first);
  return span <= 0 ? 1 : Math.min(1, (secondsOf(cut.before) - secondsOf(first)) / span);
}

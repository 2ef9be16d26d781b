// Finds when the records of a log were written, on both sides of the limit of age.
import type { PlanTimes } from '../backends/backend.js';
import type { Tick } from '../files/read.js';
import { ageCutoff, type RetentionRules } from '../retention/policy.js';
import { eachLine } from './each-line.js';
import type { OpenLog } from './open.js';
import type { LogScan } from './scan.js';

/** Of a block on one side of the limit its sums tell; one that the limit runs through is read again. */
export async function timesOf(
  files: readonly { log: OpenLog; seen: LogScan }[],
  rules: RetentionRules,
  tick: Tick,
): Promise<PlanTimes> {
  const cutoff = ageCutoff(rules);
  const all: Side = { oldest: NaN, newest: NaN };
  const expired: Side = { oldest: NaN, newest: NaN };
  const live: Side = { oldest: NaN, newest: NaN };
  for (const { log, seen } of files) {
    for (const block of seen.blocks) {
      const { oldest, newest } = block.sums;
      widen(all, oldest);
      widen(all, newest);
      // Times of blocks are rounded down to seconds.
      if (oldest >= cutoff) widen(live, oldest);
      else if (newest + 1 < cutoff) widen(expired, newest);
      else if (!Number.isNaN(newest)) {
        await eachLine(log, block, tick, (kind, _start, _end, timestamp) => {
          if (kind === 'record') widen(timestamp < cutoff ? expired : live, timestamp);
        });
      }
    }
  }
  return { ...all, newestExpired: expired.newest, oldestLive: live.oldest };
}

interface Side {
  oldest: number;
  newest: number;
}

function widen(side: Side, at: number): void {
  if (!(at >= side.oldest)) side.oldest = Number.isNaN(at) ? side.oldest : at;
  if (!(at <= side.newest)) side.newest = Number.isNaN(at) ? side.newest : at;
}

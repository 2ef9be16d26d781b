// Finds when the records of a log were written, on both sides of the limit of age.
import type { PlanTimes } from '../backends/backend.js';
import type { Tick } from '../files/read.js';
import { earlier, later } from '../records/sums.js';
import { ageCutoff, type RetentionRules } from '../retention/policy.js';
import type { Block } from './block.js';
import { eachLine } from './each-line.js';
import type { OpenLog } from './open.js';
import type { LogScan } from './scan.js';

/** Read at once. */
const WINDOW_BYTES = 1 << 18;

/**
 * A block on one side of the limit tells by its sums. A block that the limit runs through has a record on each side of
 * it, between its oldest and its newest; it is read again only while the two sides may be more than `near` seconds
 * apart. So a log in any order, all of whose blocks are such, is not read twice.
 */
export async function timesOf(
  files: readonly { log: OpenLog; seen: LogScan }[],
  rules: RetentionRules,
  near: number,
  tick: Tick,
): Promise<PlanTimes> {
  const cutoff = ageCutoff(rules);
  const times: PlanTimes = { oldest: NaN, newest: NaN, newestExpired: NaN, oldestLive: NaN };
  const unsure: { log: OpenLog; block: Block }[] = [];
  const expiredAt = (at: number) => (times.newestExpired = later(times.newestExpired, at));
  const liveAt = (at: number) => (times.oldestLive = earlier(times.oldestLive, at));
  for (const { log, seen } of files) {
    for (const block of seen.blocks) {
      // Rounded down to seconds.
      const { oldest, newest } = block.sums;
      if (Number.isNaN(newest)) continue;
      times.oldest = earlier(times.oldest, oldest);
      times.newest = later(times.newest, newest);
      if (oldest >= cutoff) liveAt(oldest);
      else if (newest + 1 < cutoff) expiredAt(newest);
      else unsure.push({ log, block });
    }
  }
  // In an array, as numbers in variables would be garbage for each of millions of lines.
  const exact = Float64Array.of(times.newestExpired, times.oldestLive);
  for (const { block } of unsure) {
    const { oldest, newest } = block.sums;
    if (oldest + 1 <= cutoff) expiredAt(oldest);
    if (newest >= cutoff) liveAt(newest + 1);
  }
  const window = Buffer.allocUnsafe(WINDOW_BYTES);
  for (const { log, block } of unsure) {
    if (times.oldestLive - times.newestExpired <= near) return times;
    await eachLine(log, block, tick, (kind, _start, _end, timestamp) => {
      if (kind !== 'record') return;
      if (timestamp >= cutoff) exact[1] = earlier(exact[1]!, timestamp);
      else exact[0] = later(exact[0]!, timestamp);
    }, window); // prettier-ignore
    expiredAt(exact[0]!);
    liveAt(exact[1]!);
  }
  return { ...times, newestExpired: exact[0]!, oldestLive: exact[1]! };
}

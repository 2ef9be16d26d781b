import { closeSync } from 'node:fs';
import { blocksBehind, remainingBlocks } from '../../log/remaining.js';
import type { Decision } from './decision.js';
import { openLog, type OpenLog } from '../../log/open.js';

/** A smaller log is read faster than an index of it is kept. */
export const WORTH_AN_INDEX = 8 << 20;

/** Keeps what is known of a log for the next run, which then need not read all of it. */
export async function updateIndex(decision: Decision): Promise<void> {
  const { names, log, seen, cut, totals, head } = decision;
  if (log.stat.size - totals.bytesGoing < WORTH_AN_INDEX) return;
  const { saveIndex } = await import('../../log/index-file.js');
  let now: OpenLog;
  try {
    now = openLog(names.log, names.entry);
  } catch {
    // Moved away since: it only saves time.
    return;
  }
  try {
    const blocks = !totals.anythingGoes
      ? seen.blocks.map(({ sums }) => sums)
      : head
        ? blocksBehind(seen.blocks, head.keep, head.freed)
        : remainingBlocks(seen.blocks, cut);
    saveIndex(names, now, blocks);
  } finally {
    closeSync(now.fd);
  }
}

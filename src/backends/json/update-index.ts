// Writes the index of a log, with which the next run need not read all of it.
import { closeSync } from 'node:fs';
import { untouched } from '../../log/totals.js';
import { blocksBehind, remainingBlocks } from '../../log/remaining.js';
import type { Decision } from './decision.js';
import { openLog, type OpenLog } from '../../log/open.js';

/** Reading a smaller log is faster than keeping an index of it. */
export const WORTH_AN_INDEX = 8 << 20;

/** The index of a log of which nothing goes for now, although something could. */
export async function keepIndex(decision: Decision): Promise<void> {
  const { totals, seen } = decision;
  // An index has no place for lines that nobody has read.
  if (!seen.unread) await updateIndex({ ...decision, totals: untouched(totals) });
}

export async function updateIndex(decision: Decision): Promise<void> {
  const { names, log, seen, cut, totals, head, clone } = decision;
  if (log.stat.size - totals.bytesGoing < WORTH_AN_INDEX) return;
  const { saveIndex } = await import('../../log/index-file.js');
  let now: OpenLog;
  try {
    now = openLog(names.log, names.entry);
  } catch {
    // The log was moved away. The index only saves time, so this is no error.
    return;
  }
  try {
    const blocks = !totals.anythingGoes
      ? seen.blocks.map(({ sums }) => sums)
      : head
        ? blocksBehind(seen.blocks, head.keep, head.freed)
        : remainingBlocks(seen.blocks, cut, clone?.filler ?? 0);
    saveIndex(names, now, blocks);
  } finally {
    closeSync(now.fd);
  }
}

// Writes the index of a log, with which the next run need not read all of it.
import { closeSync } from 'node:fs';
import { blocksBehind, remainingBlocks } from '../../log/remaining.js';
import type { Sums } from '../../records/sums.js';
import type { Decision } from './decision.js';
import { openLog, type OpenLog } from '../../log/open.js';

/** Reading a smaller log is faster than keeping an index of it. */
export const WORTH_AN_INDEX = 8 << 20;

export async function updateIndex(decision: Decision): Promise<void> {
  const { names, log, totals, freeing } = decision;
  // What was not read cannot be indexed anew.
  if (freeing?.known.length === 0) return;
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
    saveIndex(names, now, blocksAfter(decision));
  } finally {
    closeSync(now.fd);
  }
}

function blocksAfter({ seen, cut, totals, head, freeing }: Decision): Sums[] {
  const read = seen.blocks.map(({ sums }) => sums);
  if (!totals.anythingGoes) return read;
  if (freeing) return blocksBehind(freeing.known, freeing.keep, totals.bytesGoing);
  return head ? blocksBehind(read, head.keep, head.freed) : remainingBlocks(seen.blocks, cut);
}

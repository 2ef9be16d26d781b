// Computes which scanned blocks the index can keep after a compaction, and where they are then.
import type { Sums } from '../records/sums.js';
import type { Block } from './block.js';
import type { Cut } from './cut.js';

/** The blocks of which every line stays, where a rewrite puts them. The next run reads the others again. */
export function remainingBlocks(blocks: readonly Block[], cut: Cut): Sums[] {
  const remaining: Sums[] = [];
  let at = 0;
  let records = cut.records;
  let bytes = cut.bytes;
  for (const { start, end, lines, bytes: by, sums } of blocks) {
    const cutLines = Math.min(records, lines.live);
    const cutBytes = cutLines === lines.live ? by.live : bytes;
    records -= cutLines;
    bytes -= cutLines === 0 ? 0 : cutBytes;
    const going = lines.expired + lines.discarded + lines.blank + cutLines;
    if (going === 0) remaining.push({ ...sums, start: at, end: at + end - start });
    at += by.pinned + by.live - (cutLines === 0 ? 0 : cutBytes);
  }
  return remaining;
}

/** The blocks behind `keep`, when so many bytes before it have gone. */
export function blocksBehind(blocks: readonly Sums[], keep: number, freed: number): Sums[] {
  return blocks
    .filter(({ start }) => start >= keep)
    .map((sums) => ({ ...sums, start: sums.start - freed, end: sums.end - freed }));
}

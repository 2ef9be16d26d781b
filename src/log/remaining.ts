// Computes which scanned blocks the index can keep after a compaction, and where they are then.
import type { Sums } from '../records/sums.js';
import type { Block } from './block.js';
import type { Cut } from './cut.js';

/** A scanned block, and where what stays of it begins in a rewritten file. */
interface Place {
  index: number;
  place: number;
  /** Every line of it stays. */
  isWhole: boolean;
}

export function* placesOf(blocks: readonly Block[], cut: Cut): Generator<Place> {
  let place = 0;
  let { records, bytes } = cut;
  for (const [index, { lines, bytes: by }] of blocks.entries()) {
    const cutLines = Math.min(records, lines.live);
    const cutBytes = cutLines === lines.live ? by.live : bytes;
    records -= cutLines;
    bytes -= cutBytes;
    const going = lines.expired + lines.discarded + lines.blank + cutLines;
    yield { index, place, isWhole: going === 0 };
    place += by.pinned + by.live - cutBytes;
  }
}

/** The blocks of which every line stays, where a rewrite puts them. The next run reads the others again. */
export function remainingBlocks(blocks: readonly Block[], cut: Cut, filler: number): Sums[] {
  return [...placesOf(blocks, cut)]
    .filter(({ isWhole }) => isWhole)
    .map(({ index, place }) => {
      const { sums, start, end } = blocks[index]!;
      return { ...sums, start: filler + place, end: filler + place + end - start };
    });
}

/** The blocks behind `keep`, when so many bytes before it have gone. */
export function blocksBehind(blocks: readonly Sums[], keep: number, freed: number): Sums[] {
  return blocks
    .filter(({ start }) => start >= keep)
    .map((sums) => ({ ...sums, start: sums.start - freed, end: sums.end - freed }));
}

// Plans a rewrite that shares blocks with the old file: which bytes, and the filler that aligns them.
import { cloneUnit, WORTH_A_CLONE } from '../files/clone.js';
import { FILLER_BYTES } from '../files/filler.js';
import type { Block } from './block.js';
import type { Cut } from './cut.js';
import { placesOf } from './remaining.js';
import type { PartAction, RewriteMethod } from '../report/report.js';
import type { LogScan } from './scan.js';
import type { Totals } from './totals.js';

export interface ClonePlan {
  /** The blocks of the scan `[first, last]` stay whole, and hold the shared range. */
  first: number;
  last: number;
  shared: { from: number; to: number };
  /** Bytes of the filler at the start of the new file: it gives the range the same place in a block as it has now. */
  filler: number;
}

/**
 * For a rewrite of a log in a directory. undefined: it copies. A recovery adds nothing to a log, so it goes without a
 * filler.
 */
export function cloneFor(
  directory: string,
  { seen, cut, totals }: { seen: LogScan; cut: Cut; totals: Totals },
  isRecovery: boolean,
): ClonePlan | undefined {
  if (totals.action !== 'rewritten' || totals.bytesKept < WORTH_A_CLONE) return undefined;
  const unit = cloneUnit(directory, totals.bytesKept);
  const plan =
    unit === undefined ? undefined : planClone(seen.blocks, cut, unit, totals.bytesGoing);
  return isRecovery && plan?.filler ? undefined : plan;
}

/**
 * One filler can align one run of blocks that stay: the longest. undefined: nothing is long enough, or the filler takes
 * more than what goes.
 */
export function planClone(
  blocks: readonly Block[],
  cut: Cut,
  unit: number,
  bytesGoing: number,
): ClonePlan | undefined {
  const run = longestRun(blocks, cut);
  if (!run) return undefined;
  const { first, last, place } = run;
  const { start } = blocks[first]!;
  const { end } = blocks[last]!;
  const from = Math.ceil(start / unit) * unit;
  const to = Math.floor(end / unit) * unit;
  let filler = (((start - place) % unit) + unit) % unit;
  while (filler > 0 && filler < FILLER_BYTES) filler += unit;
  if (to - from < WORTH_A_CLONE || filler >= bytesGoing) return undefined;
  return { first, last, shared: { from, to }, filler };
}

/** The new file is larger by the filler. */
export function withFiller(totals: Totals, clone: ClonePlan | undefined): Totals {
  const { bytesGoing, bytesKept } = totals;
  const filler = clone?.filler ?? 0;
  return { ...totals, bytesGoing: bytesGoing - filler, bytesKept: bytesKept + filler };
}

/** undefined: the file is not shortened, or it goes. */
export function methodOf({
  action,
  clone,
}: {
  action: PartAction;
  clone?: ClonePlan | undefined;
}): RewriteMethod | undefined {
  if (action === 'collapsed') return 'collapse';
  if (action !== 'rewritten') return undefined;
  return clone ? 'clone' : 'copy';
}

/** What a rewrite writes of what is there after it. */
export function bytesWritten(after: number, clone: ClonePlan | undefined): number {
  return clone ? after - (clone.shared.to - clone.shared.from) : after;
}

interface Run {
  first: number;
  last: number;
  /** Where it begins in the new file, without a filler. */
  place: number;
}

function longestRun(blocks: readonly Block[], cut: Cut): Run | undefined {
  const length = ({ first, last }: Run) => blocks[last]!.end - blocks[first]!.start;
  let longest: Run | undefined;
  let run: Run | undefined;
  for (const { index, place, isWhole } of placesOf(blocks, cut)) {
    const follows = run?.last === index - 1 && blocks[index - 1]!.end === blocks[index]!.start;
    if (!isWhole) run = undefined;
    else if (run && follows) run.last = index;
    else run = { first: index, last: index, place };
    if (run && (!longest || length(run) > length(longest))) longest = run;
  }
  return longest;
}

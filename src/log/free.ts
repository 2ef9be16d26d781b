// Chooses how one log frees space on the disk, and the mildest cut that frees enough.
//
// Only lines at its old end go, up to the first record that is too young. The first of these ways is taken that the
// place allows and that frees enough; else the one that frees most:
//
// 1. Empty the file. Only of a rotated one, where every line may go; at once if all of its space is needed, else last.
// 2. In place: whole blocks of the file system go, and no room is needed. The first line that stays ends it.
// 3. Rewrite the file. It needs room for what stays. Lines that stay hold nothing that is behind them.
import { statfsSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { removable } from '../files/collapse.js';
import { FILLER_BYTES } from '../files/filler.js';
import { assertRewriteFrees } from '../files/kept-space.js';
import type { LogNames } from '../files/names.js';
import { failureOf, obstacleToRewrite, unitInPlace } from '../files/obstacles.js';
import { BLOCK_BYTES } from '../files/space.js';
import { assertRoom } from '../files/surroundings.js';
import { restBlock } from './block.js';
import { OldEnd, type Holding, type OldEndTask } from './old-end.js';
import type { PlannedHead } from './plan-head.js';
import { scanOf, type LogScan } from './scan.js';
import { lineAtOrBehind } from './segments.js';
import { freedTotals, type Totals } from './totals.js';

export interface FreeTask extends OldEndTask {
  names: LogNames;
  /** Bytes of disk that are still to be freed. */
  bytes: number;
  /** Do not rewrite (`--in-place`). */
  inPlaceOnly: boolean;
  offline: boolean;
  /** No file with a name may be created, not even for a moment. */
  looksOnly: boolean;
}

/** A cut at an end of a line, and what goes of the lines before it. */
interface Cut {
  action: 'removed' | 'collapsed' | 'rewritten' | 'unchanged';
  keep: number;
  /** Bytes of the file that go, and bytes of the disk that this frees. */
  going: number;
  frees: number;
}

export interface FreeChoice extends Cut {
  /** What goes, as it was read; the rest of the file is one block. */
  seen: LogScan;
  totals: Totals;
  head?: PlannedHead;
  /** Nothing is left in the file that may go. */
  isSpent: boolean;
  /** What holds the rest: a record that is too young, and the first line that stays whatever its age. */
  young: Holding | undefined;
  pinned: Holding | undefined;
  /** Why other ways are not possible. */
  refusals: PapyraError[];
  /** It would free enough if these were. */
  isRefused: boolean;
}

type Way = (task: FreeTask, walk: OldEnd) => Promise<Cut | PapyraError | undefined>;

export async function chooseWay(task: FreeTask): Promise<FreeChoice> {
  const walk = new OldEnd(task);
  const refusals: PapyraError[] = [];
  let best: Cut = { action: 'unchanged', keep: 0, going: 0, frees: 0 };
  for (const way of [emptyNeeded, inPlace, rewrite, empty]) {
    const found = await way(task, walk);
    if (found instanceof PapyraError) refusals.push(found);
    else if (found && isBetter(found, best)) best = found;
    if (best.frees >= task.bytes || best.action === 'removed') break;
  }
  const { young, pinned } = walk;
  const isReachable = walk.going >= goingFor(task);
  const left = best.action === 'unchanged' ? walk.going : walk.end - best.keep;
  return {
    ...best,
    ...(await carriedOut(walk, best)),
    isSpent: walk.isOver && left === 0 && best.action !== 'collapsed',
    young,
    pinned,
    refusals,
    isRefused: isReachable && best.frees < task.bytes && refusals.length > 0,
  };
}

/** Where the disk gains the same, the later way is better: it leaves less that may go. */
function isBetter(found: Cut, best: Cut): boolean {
  return found.action === 'removed' || (found.frees > 0 && found.frees >= best.frees);
}

/** Nothing of the file goes. */
export async function leave(task: OldEndTask): Promise<FreeChoice> {
  const walk = new OldEnd(task);
  const cut = { action: 'unchanged', keep: 0, going: 0, frees: 0 } as const;
  const unknown = { young: undefined, pinned: undefined, refusals: [] };
  return { ...cut, ...(await carriedOut(walk, cut)), ...unknown, isSpent: false, isRefused: false };
}

/** A file with another name would keep its space. */
const empty: Way = async (task, walk) => {
  const { log, isClosed } = task;
  if (!isClosed || log.stat.nlink > 1 || !(await walk.mayAllGo())) return undefined;
  return { action: 'removed', keep: walk.end, going: log.stat.size, frees: spaceOf(task) };
};

const emptyNeeded: Way = async (task, walk) => {
  return spaceOf(task) <= task.bytes ? empty(task, walk) : undefined;
};

const inPlace: Way = async ({ log, names, bytes }, walk) => {
  let unit = 0;
  const refusal = failureOf(() => (unit = unitInPlace(log, names)));
  if (refusal) return refusal;
  const enough = Math.ceil(bytes / unit) * unit + FILLER_BYTES;
  await walk.readUntil(() => walk.end >= enough || walk.pinned !== undefined);
  const { clear } = walk;
  const keep = clear < enough ? clear : lineAtOrBehind(log, enough, clear);
  const freed = removable(unit, keep);
  return { action: 'collapsed', keep, going: freed, frees: freed };
};

const rewrite: Way = async (task, walk) => {
  if (task.inPlaceOnly) return undefined;
  const { log, names, offline, looksOnly } = task;
  const enough = goingFor(task);
  await walk.readUntil(() => walk.going >= enough);
  const { keep, going } = await walk.cutAfter(enough);
  if (going === 0) return undefined;
  const left = log.stat.size - going;
  const refusal = failureOf(() => {
    assertRewriteFrees(log, names);
    const obstacle = obstacleToRewrite(log, names, { offline, looksOnly });
    if (obstacle) throw obstacle;
    assertRoom(names, left);
  });
  if (refusal) return refusal;
  const { bsize } = statfsSync(names.directory);
  const frees = spaceOf(task) - Math.ceil(left / bsize) * bsize;
  return { action: 'rewritten', keep, going, frees };
};

function spaceOf({ log }: FreeTask): number {
  return log.stat.blocks * BLOCK_BYTES;
}

/** How many bytes must go so that a rewrite frees enough. Holes and compression make it more; Infinity: all is not. */
function goingFor(task: FreeTask): number {
  const { bsize } = statfsSync(task.names.directory);
  const left = Math.floor((spaceOf(task) - task.bytes) / bsize) * bsize;
  return left < 0 ? Infinity : Math.max(1, task.log.stat.size - left);
}

/** The cut as the plans of backends have it. */
async function carriedOut(
  walk: OldEnd,
  { action, keep, going, frees }: Cut,
): Promise<Pick<FreeChoice, 'seen' | 'totals' | 'head'>> {
  const blocks = await walk.blocksTo(keep);
  const { lastLine } = walk;
  if (keep < lastLine) blocks.push(restBlock(keep, lastLine, await walk.hasRecordFrom(keep)));
  const seen: LogScan = { ...scanOf(blocks, 0), ...(keep < lastLine ? { unread: 'rest' } : {}) };
  const totals = freedTotals(seen, action, going);
  if (action !== 'collapsed') return { seen, totals };
  const { dropped, droppedBy, discarded } = totals;
  return { seen, totals, head: { keep, dropped, droppedBy, discarded, freed: frees } };
}

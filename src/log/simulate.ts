// Says what would stay of a log under several policies, from the sums of its blocks.
//
// A block whose dated lines are all older, or all younger, than the age of a policy is known from its sums. The others
// lie on the edge: they are read again, for finer sums, and the lines of what is then still on the edge one by one. In a
// log that is in order that is one block for each age. In one that is not, it may be all of them: then only so many
// bytes are read, and policies whose edges are wider are estimated, the lines of a block taken to be spread evenly over
// its time. The block in which count or size cut is read again in the same way.
import type { Candidate, Contents } from '../forecast/candidates.js';
import { chunks, type OpenFile, type Tick } from '../files/read.js';
import type { LineReader } from '../records/line-reader.js';
import type { Sums } from '../records/sums.js';
import type { SimulatedLimit, StoreSimulation } from '../report/simulation.js';
import {
  ageCutoff,
  cutBy,
  lineStatus,
  type RetentionRules,
  type Tally,
} from '../retention/policy.js';
import { blockOf, statusesOf, type Block } from './block.js';
import { findCuts, liveIn, type Cut, type Part } from './cut.js';
import { eachLine } from './each-line.js';
import { scanOf } from './scan.js';
import { totalsOf } from './totals.js';

/** A file of the log, the oldest first. */
export interface SimulatedFile {
  file: OpenFile;
  size: number;
  /** All its lines. */
  sums: readonly Sums[];
  /** It was rotated: it goes as a whole when no line of it stays. */
  rotated: boolean;
}

export interface SimulationTask {
  files: readonly SimulatedFile[];
  rules: RetentionRules;
  /** The sums that tell by themselves what has expired under `rules`: those that were just read. */
  isScanned: (sums: Sums) => boolean;
  candidatesFor: (contents: Contents) => Candidate[];
  /** Bytes that may be read again for the edges of ages. */
  budget: number;
  /** Its cutoff is that of `rules`. */
  reader: LineReader;
  tick: Tick;
}

/** The dated lines of a block that are not older than a cutoff. */
interface Split extends Tally {
  /** Whole seconds of the oldest of them; NaN: there is none. */
  oldest: number;
  exact: boolean;
}

export interface Simulated {
  contents: Contents;
  newest: number;
  limits: SimulatedLimit[];
}

/** Bytes that may be read again: half of what was read once, and at least so many. */
export function budgetAfter(read: number): number {
  return Math.max(32 << 20, read / 2);
}

export function simulationOf(
  { contents, newest, limits }: Simulated,
  rest: Pick<StoreSimulation, 'source' | 'bytes' | 'bytes_read' | 'warnings'>,
): StoreSimulation {
  const { records, oldest } = contents;
  return { ...rest, records, oldest: isoSeconds(oldest), newest: isoSeconds(newest), limits };
}

export async function simulateLog(task: SimulationTask): Promise<Simulated> {
  const { rules, candidatesFor, tick, reader } = task;
  const files = task.files.map((file) => ({ ...file, sums: [...file.sums] }));
  const all = files.flatMap(({ sums }) => sums);
  const contents = { ...datedAndUndated(all), oldest: least(all.map(({ oldest }) => oldest)) };
  const newest = -least(all.map(({ newest }) => -newest));
  const candidates = candidatesFor(contents);
  const ruleSets = candidates.map(({ policy }) => ({ ...rules, ...policy }));
  const fine = new Set<Sums>();
  const zoom: Zoom = async (at, sums) => {
    if (fine.has(sums)) return;
    const { file, sums: list } = files[at]!;
    const parts = await readFinely(file, sums, reader, tick);
    for (const part of parts) fine.add(part);
    list.splice(list.indexOf(sums), 1, ...parts);
  };
  const isScanned = (sums: Sums) => fine.has(sums) || task.isScanned(sums);
  const cutoffs = [...new Set(ruleSets.map(ageCutoff))];
  for (const [sums, { at }] of edgesWithin(files, cutoffs, task.budget)) await zoom(at, sums);
  const splitAt = await readEdges(files, cutoffs, { ...task, isScanned, isFine: (sums) => fine.has(sums) }); // prettier-ignore
  const tools = { splitAt, wholeBlock: wholeBlocks(), zoom, tick };
  const limits: SimulatedLimit[] = [];
  for (const [at, candidate] of candidates.entries()) {
    limits.push(await simulated(files, candidate, ruleSets[at]!, tools));
  }
  return { contents, newest, limits };
}

/** Puts finer sums in the place of those of a block of a file. */
type Zoom = (file: number, sums: Sums) => Promise<void>;

/** Bytes that finer sums sum up. */
const FINE_BYTES = 1 << 14;

async function readFinely(
  file: OpenFile,
  sums: Sums,
  reader: LineReader,
  tick: Tick,
): Promise<Sums[]> {
  const { start, end } = sums;
  const found: Sums[] = [];
  const add = (one: Sums) => void found.push(one);
  reader.startAt(start);
  for await (const chunk of chunks(file, start, end, tick, reader.window.subarray(0, FINE_BYTES))) {
    reader.take(chunk.length, add);
  }
  // The end of a rotated file ends its last line.
  reader.finish(add);
  return found;
}

function datedAndUndated(all: readonly Sums[]): Tally {
  const sum: Tally = { records: 0, bytes: 0 };
  for (const { lines, bytes } of all) {
    sum.records += lines.live + lines.expired + lines.undated;
    sum.bytes += bytes.live + bytes.expired + bytes.undated;
  }
  return sum;
}

/** NaN: there is no number among them. */
function least(values: readonly number[]): number {
  return values.reduce((found, one) => (found <= one || Number.isNaN(one) ? found : one), NaN);
}

type Splitter = (sums: Sums, cutoff: number) => Split;

/** A block on the edge of some cutoffs, and the file in which it is. */
type Edges = Map<Sums, { at: number; cutoffs: number[] }>;

/** The blocks on the edges, those of the cutoffs with the narrowest edges first, as far as the budget goes. */
function edgesWithin(
  files: readonly SimulatedFile[],
  cutoffs: readonly number[],
  budget: number,
): Edges {
  const edges = cutoffs.map((cutoff) => {
    const blocks = files.flatMap(({ sums }, at) =>
      sums.filter((one) => sideOf(one, cutoff) === undefined).map((sums) => ({ at, sums })),
    );
    return { cutoff, blocks, bytes: blocks.reduce((sum, { sums }) => sum + sums.end - sums.start, 0) }; // prettier-ignore
  });
  const found: Edges = new Map();
  let left = budget;
  for (const { cutoff, blocks } of edges.sort((a, b) => a.bytes - b.bytes)) {
    const more = blocks.filter(({ sums }) => !found.has(sums));
    left -= more.reduce((sum, { sums }) => sum + sums.end - sums.start, 0);
    if (left < 0) break;
    for (const { at, sums } of blocks) {
      const edge = found.get(sums) ?? { at, cutoffs: [] };
      edge.cutoffs.push(cutoff);
      found.set(sums, edge);
    }
  }
  return found;
}

interface EdgeTask extends Pick<SimulationTask, 'rules' | 'isScanned' | 'tick'> {
  isFine: (sums: Sums) => boolean;
}

/** Reads the lines of what is on the edges and was looked at finely. */
async function readEdges(
  files: readonly SimulatedFile[],
  cutoffs: readonly number[],
  { rules, isScanned, isFine, tick }: EdgeTask,
): Promise<Splitter> {
  const known = new Map<Sums, Map<number, Split>>();
  for (const [sums, { at, cutoffs: edge }] of edgesWithin(files, cutoffs, Infinity)) {
    if (!isFine(sums)) continue;
    const splits = new Map(edge.map((cutoff) => [cutoff, { records: 0, bytes: 0, oldest: NaN, exact: true }])); // prettier-ignore
    await eachLine(files[at]!.file, sums, tick, (kind, start, end, timestamp) => {
      if (kind !== 'record') return;
      for (const [cutoff, split] of splits) {
        if (timestamp < cutoff) continue;
        split.records += 1;
        split.bytes += end - start;
        if (!(split.oldest <= timestamp)) split.oldest = Math.floor(timestamp);
      }
    });
    known.set(sums, splits);
  }
  const isScannedAt = (sums: Sums, cutoff: number) => cutoff === ageCutoff(rules) && isScanned(sums); // prettier-ignore
  return (sums, cutoff) =>
    known.get(sums)?.get(cutoff) ?? splitBySums(sums, cutoff, isScannedAt(sums, cutoff));
}

/** Whether all dated lines of a block are older (`old`) or younger (`new`) than a cutoff; undefined: neither. */
function sideOf({ oldest, newest }: Sums, cutoff: number): 'old' | 'new' | undefined {
  // Both are rounded down. A block without a dated line has neither.
  if (Number.isNaN(oldest) || oldest >= cutoff) return 'new';
  return newest + 1 <= cutoff ? 'old' : undefined;
}

/** Of a block on the edge. `isScanned`: its sums are split at this cutoff. */
function splitBySums(sums: Sums, cutoff: number, isScanned: boolean): Split {
  const { lines, bytes, oldest, newest } = sums;
  const from = Math.max(oldest, Math.ceil(cutoff));
  if (isScanned) return { records: lines.live, bytes: bytes.live, oldest: lines.live > 0 ? from : NaN, exact: true }; // prettier-ignore
  const dated = datedOf(sums);
  const share = (newest + 1 - cutoff) / (newest + 1 - oldest);
  return { records: Math.round(dated.records * share), bytes: Math.round(dated.bytes * share), oldest: from, exact: false }; // prettier-ignore
}

interface RowTools {
  splitAt: Splitter;
  wholeBlock: (sums: Sums, side: 'old' | 'new', rules: RetentionRules) => Block;
  zoom: Zoom;
  tick: Tick;
}

/** Most blocks are on the same side for most policies: they are made once. */
function wholeBlocks(): RowTools['wholeBlock'] {
  const made = new Map<string, Map<Sums, Block>>();
  return (sums, side, rules) => {
    // Whether there is an age limit decides about undated lines.
    const key = `${side} ${rules.max_age_seconds === null}`;
    const blocks = made.get(key) ?? new Map<Sums, Block>();
    made.set(key, blocks);
    let block = blocks.get(sums);
    if (!block) {
      const split = { ...(side === 'new' ? datedOf(sums) : { records: 0, bytes: 0 }), oldest: sums.oldest, exact: true }; // prettier-ignore
      block = blockOf(splitSums(sums, split), statusesOf(rules));
      blocks.set(sums, block);
    }
    return block;
  };
}

function datedOf({ lines, bytes }: Sums): Tally {
  return { records: lines.live + lines.expired, bytes: bytes.live + bytes.expired };
}

async function simulated(
  files: readonly SimulatedFile[],
  { limit, value, flag, inForce }: Candidate,
  rules: RetentionRules,
  { splitAt, wholeBlock, zoom, tick }: RowTools,
): Promise<SimulatedLimit> {
  const cutoff = ageCutoff(rules);
  const splits = new Map<Block, Split>();
  const blocked = ({ file, sums }: SimulatedFile) => {
    const blocks = sums.map((one) => {
      const side = sideOf(one, cutoff);
      if (side) return wholeBlock(one, side, rules);
      const split = splitAt(one, cutoff);
      const block = blockOf(splitSums(one, split), statusesOf(rules));
      splits.set(block, split);
      return block;
    });
    return { file, blocks };
  };
  let parts = files.map(blocked);
  const place = placeOfCut(parts, rules);
  if (place) {
    await zoom(place.at, place.sums(files));
    splits.clear();
    parts = files.map(blocked);
  }
  const cuts = await findCuts(parts, rules, tick);
  const sum = { kept: 0, dropped: 0, before: 0, going: 0 };
  let oldest = NaN;
  for (const [at, { blocks, file }] of parts.entries()) {
    const { size, rotated } = files[at]!;
    const cut = cuts[at]!;
    const totals = totalsOf(scanOf(blocks, 0), cut);
    const staying = blocks.reduce((lines, block) => lines + block.lines.pinned + block.lines.live, -cut.records); // prettier-ignore
    sum.kept += totals.kept;
    sum.dropped += totals.dropped;
    sum.before += size;
    sum.going += rotated && staying === 0 ? size : totals.bytesGoing;
    oldest = least([oldest, await oldestKept(file, blocks, splits, cut, rules, tick)]);
  }
  return {
    limit,
    value,
    flag,
    in_force: inForce,
    exact: [...splits.values()].every(({ exact }) => exact),
    kept_records: sum.kept,
    kept_bytes: sum.before - sum.going,
    dropped_records: sum.dropped,
    dropped_bytes: sum.going,
    dropped_percent: sum.before === 0 ? 0 : (100 * sum.going) / sum.before,
    oldest_kept: isoSeconds(oldest),
  };
}

/** In which block count or size cut; undefined: in none. */
function placeOfCut(parts: readonly Part[], rules: RetentionRules) {
  const total = liveIn(parts.flatMap(({ blocks }) => blocks));
  const older: Tally = { records: 0, bytes: 0 };
  for (const [at, { blocks }] of parts.entries()) {
    for (const [index, { lines, bytes }] of blocks.entries()) {
      if (cutBy(older, total, rules) === null) return undefined;
      older.records += lines.live;
      older.bytes += bytes.live;
      const isHere = older.records === total.records || cutBy(older, total, rules) === null;
      if (isHere) return { at, sums: (files: readonly SimulatedFile[]) => files[at]!.sums[index]! };
    }
  }
  return undefined;
}

function splitSums(sums: Sums, { records, bytes }: Split): Sums {
  const dated = datedOf(sums);
  return {
    ...sums,
    lines: { ...sums.lines, live: records, expired: dated.records - records },
    bytes: { ...sums.bytes, live: bytes, expired: dated.bytes - bytes },
  };
}

/** Only the block in which count or size cut is read again. NaN: no dated line of the file stays. */
async function oldestKept(
  file: OpenFile,
  blocks: readonly Block[],
  splits: ReadonlyMap<Block, Split>,
  cut: Cut,
  rules: RetentionRules,
  tick: Tick,
): Promise<number> {
  let left = cut.records;
  const found: number[] = [];
  for (const block of blocks) {
    if (left > 0 && left < block.lines.live) {
      let skip = left;
      await eachLine(file, block, tick, (kind, _start, _end, timestamp) => {
        if (lineStatus(kind, timestamp, rules) !== 'live' || skip-- > 0) return;
        if (kind === 'record') found.push(Math.floor(timestamp));
      });
    } else if (left === 0 && block.lines.live > 0) {
      found.push(splits.get(block)?.oldest ?? block.sums.oldest);
    }
    left = Math.max(0, left - block.lines.live);
  }
  return least(found);
}

/** ISO 8601; null: there is no such time. */
function isoSeconds(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

// Says what would stay of a log under several policies, from the sums of its blocks.
//
// A block whose dated lines are all older, or all younger, than the age of a policy is known from its sums. The others
// lie on the edge: they are read once, for all policies together. In a log that is in order that is a block for each
// age. In one that is not, it may be all of them: then only so many bytes are read, and policies whose edges are wider
// are estimated, the lines of a block taken to be spread evenly over its time.
import type { Candidate, Contents } from '../forecast/candidates.js';
import type { OpenFile, Tick } from '../files/read.js';
import { noSums, type Sums } from '../records/sums.js';
import type { SimulatedLimit, StoreSimulation } from '../report/simulation.js';
import { ageCutoff, lineStatus, type RetentionRules, type Tally } from '../retention/policy.js';
import { blockOf, statusesOf, type Block } from './block.js';
import { findCuts, type Cut } from './cut.js';
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
  const { files, rules, candidatesFor, tick } = task;
  const all = files.flatMap(({ sums }) => sums);
  const contents = { ...datedAndUndated(all), oldest: least(all.map(({ oldest }) => oldest)) };
  const candidates = candidatesFor(contents);
  const ruleSets = candidates.map(({ policy }) => ({ ...rules, ...policy }));
  const splitter = await readEdges(task, [...new Set(ruleSets.map(ageCutoff))]);
  const limits: SimulatedLimit[] = [];
  for (const [at, candidate] of candidates.entries()) {
    limits.push(await simulated(files, candidate, ruleSets[at]!, splitter, tick));
  }
  const newest = -least(all.map(({ newest }) => -newest));
  return { contents, newest, limits };
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

/** Reads the blocks on the edges, those of the narrowest edges first, as far as the budget goes. */
async function readEdges(
  { files, rules, isScanned, budget, tick }: SimulationTask,
  cutoffs: readonly number[],
): Promise<Splitter> {
  const known = new Map<Sums, Map<number, Split>>();
  const isKnown = (sums: Sums, cutoff: number) =>
    sideOf(sums, cutoff) !== undefined || (cutoff === ageCutoff(rules) && isScanned(sums));
  const edges = cutoffs.map((cutoff) => {
    const blocks = files.flatMap(({ file, sums }) => sums.filter((one) => !isKnown(one, cutoff)).map((sums) => ({ file, sums }))); // prettier-ignore
    return { cutoff, blocks, bytes: blocks.reduce((sum, { sums }) => sum + sums.end - sums.start, 0) }; // prettier-ignore
  });
  const wanted = new Map<Sums, { file: OpenFile; cutoffs: number[] }>();
  let left = budget;
  for (const { cutoff, blocks } of edges.sort((a, b) => a.bytes - b.bytes)) {
    const more = blocks.filter(({ sums }) => !wanted.has(sums));
    left -= more.reduce((sum, { sums }) => sum + sums.end - sums.start, 0);
    if (left < 0) break;
    for (const { file, sums } of blocks) {
      const one = wanted.get(sums) ?? { file, cutoffs: [] };
      one.cutoffs.push(cutoff);
      wanted.set(sums, one);
    }
  }
  for (const [sums, { file, cutoffs }] of wanted) {
    const splits = new Map(cutoffs.map((cutoff) => [cutoff, { records: 0, bytes: 0, oldest: NaN, exact: true }])); // prettier-ignore
    await eachLine(file, sums, tick, (kind, start, end, timestamp) => {
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
  return (sums, cutoff) => known.get(sums)?.get(cutoff) ?? splitBySums(sums, cutoff, isKnown(sums, cutoff)); // prettier-ignore
}

/** Whether all dated lines of a block are older (`old`) or younger (`new`) than a cutoff; undefined: neither. */
function sideOf({ oldest, newest }: Sums, cutoff: number): 'old' | 'new' | undefined {
  // Both are rounded down. A block without a dated line has neither.
  if (Number.isNaN(oldest) || oldest >= cutoff) return 'new';
  return newest + 1 <= cutoff ? 'old' : undefined;
}

function splitBySums(
  { lines, bytes, oldest, newest }: Sums,
  cutoff: number,
  isKnown: boolean,
): Split {
  // prettier-ignore
  const dated = { records: lines.live + lines.expired, bytes: bytes.live + bytes.expired };
  const side = sideOf({ ...noSums(0), oldest, newest }, cutoff);
  if (side === 'new') return { ...dated, oldest, exact: true };
  if (side === 'old') return { records: 0, bytes: 0, oldest: NaN, exact: true };
  const from = Math.max(oldest, Math.ceil(cutoff));
  if (isKnown) return { records: lines.live, bytes: bytes.live, oldest: lines.live > 0 ? from : NaN, exact: true }; // prettier-ignore
  const share = (newest + 1 - cutoff) / (newest + 1 - oldest);
  return { records: Math.round(dated.records * share), bytes: Math.round(dated.bytes * share), oldest: from, exact: false }; // prettier-ignore
}

async function simulated(
  files: readonly SimulatedFile[],
  { limit, value, flag, inForce, policy }: Candidate,
  rules: RetentionRules,
  splitAt: Splitter,
  tick: Tick,
): Promise<SimulatedLimit> {
  const cutoff = ageCutoff({ ...rules, ...policy });
  const statuses = statusesOf(rules);
  const splits = new Map<Block, Split>();
  const parts = files.map(({ file, sums }) => {
    const blocks = sums.map((one) => {
      const split = splitAt(one, cutoff);
      const block = blockOf(splitSums(one, split), statuses);
      splits.set(block, split);
      return block;
    });
    return { file, blocks };
  });
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

function splitSums(sums: Sums, { records, bytes }: Split): Sums {
  const dated = { lines: sums.lines.live + sums.lines.expired, bytes: sums.bytes.live + sums.bytes.expired }; // prettier-ignore
  return {
    ...sums,
    lines: { ...sums.lines, live: records, expired: dated.lines - records },
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
      found.push(splits.get(block)!.oldest);
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

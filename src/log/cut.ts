// Finds where the limits on count and size cut through the files of a store.
import { cutBy, lineStatus, type RetentionRules, type Tally } from '../retention/policy.js';
import type { OpenFile, Tick } from '../files/read.js';
import type { Block } from './block.js';
import { eachLine } from './each-line.js';

/** The oldest live records of a file that go by count and by size, and their bytes. */
export interface Cut extends Tally {
  by: { count: number; size: number };
}

/** A file of a store, with the blocks of its scan. */
export interface Part {
  file: OpenFile;
  blocks: readonly Block[];
}

export function liveIn(blocks: readonly Block[]): Tally {
  const sum: Tally = { records: 0, bytes: 0 };
  for (const block of blocks) {
    sum.records += block.lines.live;
    sum.bytes += block.bytes.live;
  }
  return sum;
}

/** `parts`: the oldest first. The sums say in which block the cut is; only that block is read again, for the line. */
export async function findCuts(
  parts: readonly Part[],
  rules: RetentionRules,
  tick: Tick,
): Promise<Cut[]> {
  const total = liveIn(parts.flatMap(({ blocks }) => blocks));
  const older: Tally = { records: 0, bytes: 0 };
  const byCount = rules.max_records === null ? 0 : Math.max(0, total.records - rules.max_records);
  const cuts: Cut[] = [];
  for (const { file, blocks } of parts) {
    const before = { ...older };
    await passOver(file, blocks, older, total, rules, tick);
    const records = older.records - before.records;
    const count = Math.min(records, Math.max(0, byCount - before.records));
    cuts.push({ records, bytes: older.bytes - before.bytes, by: { count, size: records - count } });
  }
  return cuts;
}

/** Adds to `older` every live record of a file that goes. */
async function passOver(
  file: OpenFile,
  blocks: readonly Block[],
  older: Tally,
  total: Tally,
  rules: RetentionRules,
  tick: Tick,
): Promise<void> {
  for (const block of blocks) {
    if (cutBy(older, total, rules) === null) return;
    const { lines, bytes } = block;
    const through = { records: older.records + lines.live, bytes: older.bytes + bytes.live };
    if (cutBy(through, total, rules) === null) {
      await cutInside(file, block, older, total, rules, tick);
      return;
    }
    Object.assign(older, through);
  }
}

/** Adds to `older` the live records of a block that go, up to the first one that stays. */
async function cutInside(
  file: OpenFile,
  block: Block,
  older: Tally,
  total: Tally,
  rules: RetentionRules,
  tick: Tick,
): Promise<void> {
  let found = false;
  const take = (bytes: number): void => {
    found ||= cutBy(older, total, rules) === null;
    if (found) return;
    older.records += 1;
    older.bytes += bytes;
  };
  await eachLine(file, block, tick, (kind, start, end, timestamp) => {
    if (lineStatus(kind, timestamp, rules) === 'live') take(end - start);
  });
}

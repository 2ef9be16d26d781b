import { cutBy, standing, type RetentionRules, type Tally } from '../../retention/policy.js';
import { LineScanner } from '../../records/scanner.js';
import { chunks, type OpenFile, type Tick } from '../../files/read.js';
import type { Block } from './block.js';

/** How many of the oldest live records go by count and by size, and how many bytes they have. */
export interface Cut extends Tally {
  by: { count: number; size: number };
}

/** The live lines in a row of blocks. */
export function liveIn(blocks: readonly Block[]): Tally {
  const sum: Tally = { records: 0, bytes: 0 };
  for (const block of blocks) {
    sum.records += block.lines.live;
    sum.bytes += block.bytes.live;
  }
  return sum;
}

/**
 * Finds where count and size cut. The sums of the blocks say in which block that is; only that one is
 * read again, to find the line.
 */
export async function findCut(
  file: OpenFile,
  blocks: readonly Block[],
  rules: RetentionRules,
  tick: Tick,
): Promise<Cut> {
  const total = liveIn(blocks);
  const older: Tally = { records: 0, bytes: 0 };
  for (const block of blocks) {
    const through = {
      records: older.records + block.lines.live,
      bytes: older.bytes + block.bytes.live,
    };
    const boundary = through.records === total.records || cutBy(through, total, rules) === null;
    if (boundary) {
      await cutInside(file, block, older, total, rules, tick);
      break;
    }
    Object.assign(older, through);
  }
  const byCount = rules.max_records === null ? 0 : Math.max(0, total.records - rules.max_records);
  const count = Math.min(byCount, older.records);
  return { ...older, by: { count, size: older.records - count } };
}

/** Moves `older` up to the first live record of the block that stays. */
async function cutInside(
  file: OpenFile,
  block: Block,
  older: Tally,
  total: Tally,
  rules: RetentionRules,
  tick: Tick,
): Promise<void> {
  if (cutBy(older, total, rules) === null) return;
  let found = false;
  const scanner = new LineScanner((kind, start, end, timestamp) => {
    if (found || standing(kind, timestamp, rules) !== 'live') return;
    found = cutBy(older, total, rules) === null;
    if (found) return;
    older.records += 1;
    older.bytes += end - start;
  }, block.start);
  for await (const chunk of chunks(file, block.start, block.end, tick)) scanner.push(chunk);
}

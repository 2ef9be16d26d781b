// Scans a log: sums up its lines in blocks, reading as little of it as the rules allow.
import { readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { OpenFile } from '../files/read.js';
import { CATEGORIES } from '../records/kernel/kernel.js';
import type { Instants } from '../records/line-reader.js';
import { later, type Sums } from '../records/sums.js';
import { cutBy, type LineStatus, type RetentionRules } from '../retention/policy.js';
import { addressSpace } from './address-space.js';
import {
  blankBlock,
  blockOf,
  statusesOf,
  unreadBlock,
  type Block,
  type LineStatuses,
} from './block.js';
import { lineAtOrBehind } from './segments.js';
import { readAll, type ReadTask } from './read-all.js';
import type { SecondThread } from './scan-threads.js';

export interface ScanTask extends ReadTask {
  instants: Instants;
  /** The second thread, where there is one. */
  thread?: SecondThread | undefined;
}

/** It takes a ten thousandth of the size of the log. */
export interface LogScan {
  blocks: Block[];
  /** Where the last complete line ends; the bytes after it are never touched. */
  end: number;
  unreadable: number;
  undated: number;
  /** Records dated more than a day ahead. */
  future: number;
  /** Seconds of the newest dated record; NaN when there is none. */
  newest: number;
  /**
   * What was not read, and is not known: `head`, bytes at the start, all of which go; `rest`, bytes behind what goes, all
   * of which stay.
   */
  unread?: 'head' | 'rest';
}

const NEWLINE = 0x0a;

/** Bytes. Starting a second thread costs as much time as reading 40 MB. */
const WORTH_A_THREAD = 64 << 20;

/** Address space of two threads and their WebAssembly. Node ends the process when a thread gets too little. */
const TWO_THREADS_BYTES = 32 * 2 ** 30;

/** Starts a second thread if it saves time for so many bytes, and there is room for one. */
export async function secondThread(bytes: number): Promise<SecondThread | undefined> {
  if (bytes < WORTH_A_THREAD || availableParallelism() === 1) return undefined;
  if (addressSpace() < TWO_THREADS_BYTES) return undefined;
  const { SecondThread } = await import('./scan-threads.js');
  return new SecondThread();
}

/** Reads `[from, to)` once, except for `known` blocks of which nothing can go. Bytes before `from` are blank. */
export async function scanLog(
  task: ScanTask,
  rules: RetentionRules,
  known: readonly Sums[],
): Promise<LogScan> {
  const { from, instants } = task;
  const standings = statusesOf(rules);
  const sums = await readAround(
    { ...task, marked: CATEGORIES.filter((one) => stays(standings[one])) },
    known.filter((block) => staysWhole(block, standings, instants)),
  );
  const blocks = sums.map((one) => blockOf(one, standings));
  if (from > 0) blocks.unshift(blankBlock(from, standings));
  return scanOf(blocks, from);
}

/** Reads `[from, to)` but for what is in `known` blocks, and returns the sums of all of it in order. */
export async function readAround(task: ScanTask, known: readonly Sums[]): Promise<Sums[]> {
  const { file, from, to } = task;
  const sums = known.filter(({ start }) => start >= from);
  for (const gap of gapsBetween(sums, from, to)) {
    // If no line begins or ends where the index says, the index is not of this log: read everything.
    if (!beginsLine(file, gap.from)) return readAround(task, []);
    const read = await readRange({ ...task, ...gap });
    if (gap.to !== to && read.at(-1)?.end !== gap.to) return readAround(task, []);
    sums.push(...read);
  }
  return sums.sort((a, b) => a.start - b.start);
}

function gapsBetween(blocks: readonly Sums[], from: number, to: number) {
  const ends = [from, ...blocks.map(({ end }) => end)];
  const starts = [...blocks.map(({ start }) => start), to];
  return ends
    .map((end, index) => ({ from: end, to: starts[index]! }))
    .filter((gap) => gap.from < gap.to);
}

/** `scanEnd` goes back by so many bytes at a time. */
const STEP_BYTES = 32 << 20;

/** Reads back from the end to where count or size cut. All before that goes unread: `endIsEnough` says when it may. */
export async function scanEnd(task: ScanTask, rules: RetentionRules): Promise<LogScan> {
  const { file, from, to } = task;
  const standings = statusesOf(rules);
  let blocks: Block[] = [];
  let at = to;
  const total = { records: 0, bytes: 0 };
  let step = STEP_BYTES;
  while (at > from && cutBy({ records: 0, bytes: 0 }, total, rules) === null) {
    const start = at - step > from ? lineAtOrBehind(file, at - step, at) : from;
    // The line before `at` is longer than the step: look for its start further back, and read it whole.
    if (start === at) {
      step *= 2;
      continue;
    }
    step = STEP_BYTES;
    const sums = await readRange({ ...task, from: start, to: at });
    const read = sums.map((one) => blockOf(one, standings));
    for (const block of read) {
      total.records += block.lines.live;
      total.bytes += block.bytes.live;
    }
    blocks = [...read, ...blocks];
    at = start;
  }
  const rest = at > from ? [unreadBlock(from, at, standings)] : [];
  const fillers = from > 0 ? [blankBlock(from, standings)] : [];
  const seen = scanOf([...fillers, ...rest, ...blocks], from);
  return rest.length > 0 ? { ...seen, unread: 'head' } : seen;
}

/** Whether `scanEnd` may replace `scanLog`: count or size decides alone, and unreadable lines go. */
export function endIsEnough(rules: RetentionRules): boolean {
  const { max_age_seconds, max_records, max_total_bytes, unreadable } = rules;
  return max_age_seconds === null && (max_records ?? max_total_bytes) !== null && unreadable === 'drop'; // prettier-ignore
}

/**
 * Whether nothing of a known block goes. A broken index must not drop anything, so a block is not skipped when it
 * claims to be empty, or to hold blank lines: it would go without having been read.
 */
function staysWhole({ lines, oldest, newest }: Sums, standings: LineStatuses, instants: Instants) {
  const categories = ['live', 'undated', 'unreadable'] as const;
  const counts = categories.map((category) => lines[category]);
  if (lines.blank !== 0 || !counts.every((count) => Number.isSafeInteger(count) && count >= 0)) {
    return false;
  }
  const present = categories.filter((category) => lines[category] > 0);
  const stay = present.every((category) => stays(standings[category]));
  const dated = lines.live === 0 || (oldest >= instants.cutoff && newest < instants.horizon - 1);
  return present.length > 0 && stay && dated;
}

/** Unless count or size cut. */
function stays(status: LineStatus): boolean {
  return status === 'live' || status === 'pinned';
}

function beginsLine(file: OpenFile, at: number): boolean {
  const before = Buffer.alloc(1);
  return at === 0 || (readSync(file.fd, before, 0, 1, at - 1) === 1 && before[0] === NEWLINE);
}

async function readRange(task: ScanTask): Promise<Sums[]> {
  const bytes = task.to - task.from;
  const { thread } = task;
  if (!thread || bytes < WORTH_A_THREAD) return readAll(task);
  const { readInThreads } = await import('./scan-threads.js');
  return readInThreads(task, thread);
}

/** Adds up blocks. `from`: the end of the scan when there is no block. */
export function scanOf(blocks: Block[], from: number): LogScan {
  const end = blocks.at(-1)?.end ?? from;
  const none = { unreadable: 0, undated: 0, future: 0, newest: NaN };
  const result: LogScan = { blocks, end, ...none };
  for (const { sums } of blocks) {
    result.unreadable += sums.lines.unreadable;
    result.undated += sums.lines.undated;
    result.future += sums.future;
    result.newest = later(result.newest, sums.newest);
  }
  return result;
}

import { readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { OpenFile } from '../files/read.js';
import type { Instants } from '../records/line-reader.js';
import type { Sums } from '../records/sums.js';
import { cutBy, type RetentionRules } from '../retention/policy.js';
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

/** What a log holds, in blocks: what is remembered of it is a ten thousandth of its size. */
export interface LogScan {
  blocks: Block[];
  /** Behind the last complete line: what follows is unterminated, and never touched. */
  end: number;
  unreadable: number;
  undated: number;
  /** Records dated more than a day ahead. */
  future: number;
  /** Seconds of the newest dated record; NaN when there is none. */
  newest: number;
  /** Some bytes at the start were not read: all of them go, and nobody knows how many lines they are. */
  unread: boolean;
}

const NEWLINE = 0x0a;

/** A second thread costs as much as reading some 40 MB. */
const WORTH_A_THREAD = 64 << 20;

/** Two threads and what they reserve for WebAssembly. Node ends the process when a thread gets too little. */
const TWO_THREADS_BYTES = 32 * 2 ** 30;

/** Starts a second thread, if so many bytes are worth one. */
export async function secondThread(bytes: number): Promise<SecondThread | undefined> {
  if (bytes < WORTH_A_THREAD || availableParallelism() === 1) return undefined;
  if (addressSpace() < TWO_THREADS_BYTES) return undefined;
  const { SecondThread } = await import('./scan-threads.js');
  return new SecondThread();
}

/**
 * Sums up `[from, to)` of a log, by reading each byte once; but not the blocks that are `known` and of
 * which nothing can go. What is before `from` is blank.
 */
export async function scanLog(
  task: ScanTask,
  rules: RetentionRules,
  known: readonly Sums[],
): Promise<LogScan> {
  const { file, from, to, instants } = task;
  const standings = statusesOf(rules);
  const sums = known.filter(
    (block) => block.start >= from && staysWhole(block, standings, instants),
  );
  for (const gap of gapsBetween(sums, from, to)) {
    // Where the index says that a line begins or ends, none does: it is not of this log.
    if (!beginsLine(file, gap.from)) return scanLog(task, rules, []);
    const read = await readRange({ ...task, ...gap });
    if (gap.to !== to && read.at(-1)?.end !== gap.to) return scanLog(task, rules, []);
    sums.push(...read);
  }
  const blocks = sums.sort((a, b) => a.start - b.start).map((one) => blockOf(one, standings));
  if (from > 0) blocks.unshift(blankBlock(from, standings));
  return scanOf(blocks, from);
}

function gapsBetween(blocks: readonly Sums[], from: number, to: number) {
  const ends = [from, ...blocks.map(({ end }) => end)];
  const starts = [...blocks.map(({ start }) => start), to];
  return ends
    .map((end, index) => ({ from: end, to: starts[index]! }))
    .filter((gap) => gap.from < gap.to);
}

/** A step back towards the start. */
const STEP_BYTES = 32 << 20;

/**
 * Sums up only the end of a log, back to where count or size cut: whatever is before that goes, when
 * unreadable lines do and no record is kept for its age.
 */
export async function scanEnd(task: ScanTask, rules: RetentionRules): Promise<LogScan> {
  const { file, from, to } = task;
  const standings = statusesOf(rules);
  let blocks: Block[] = [];
  let at = to;
  const total = { records: 0, bytes: 0 };
  while (at > from && cutBy({ records: 0, bytes: 0 }, total, rules) === null) {
    const start = at - STEP_BYTES > from ? lineAtOrBehind(file, at - STEP_BYTES, at) : from;
    const sums = await readRange({ ...task, from: start, to: at });
    const step = sums.map((one) => blockOf(one, standings));
    for (const block of step) {
      total.records += block.lines.live;
      total.bytes += block.bytes.live;
    }
    blocks = [...step, ...blocks];
    // A line longer than a step is read together with the one before it.
    at = start === at ? Math.max(from, at - STEP_BYTES) : start;
  }
  const rest = at > from ? [unreadBlock(from, at, standings)] : [];
  const fillers = from > 0 ? [blankBlock(from, standings)] : [];
  return { ...scanOf([...fillers, ...rest, ...blocks], from), unread: rest.length > 0 };
}

/** Whether `scanEnd` says all that there is to know. */
export function endIsEnough(rules: RetentionRules): boolean {
  const { max_age_seconds, max_records, max_total_bytes, unreadable } = rules;
  return max_age_seconds === null && (max_records ?? max_total_bytes) !== null && unreadable === 'drop'; // prettier-ignore
}

/**
 * Nothing of a block goes. Its numbers are not to be trusted further than that: one that says there is
 * nothing in it, or nothing but blank lines, would go without having been read.
 */
function staysWhole({ lines, oldest, newest }: Sums, standings: LineStatuses, instants: Instants) {
  const categories = ['live', 'undated', 'unreadable'] as const;
  const counts = categories.map((category) => lines[category]);
  if (lines.blank !== 0 || !counts.every((count) => Number.isSafeInteger(count) && count >= 0)) {
    return false;
  }
  const present = categories.filter((category) => lines[category] > 0);
  const stay = present.every((category) => ['live', 'pinned'].includes(standings[category]));
  const dated = lines.live === 0 || (oldest >= instants.cutoff && newest < instants.horizon - 1);
  return present.length > 0 && stay && dated;
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

/** Adds blocks up; `from`: where there is no block at all. */
export function scanOf(blocks: Block[], from: number): LogScan {
  const end = blocks.at(-1)?.end ?? from;
  const result: LogScan = {
    blocks,
    end,
    unreadable: 0,
    undated: 0,
    future: 0,
    newest: NaN,
    unread: false,
  };
  for (const { sums } of blocks) {
    result.unreadable += sums.lines.unreadable;
    result.undated += sums.lines.undated;
    result.future += sums.future;
    if (!(sums.newest <= result.newest)) result.newest = sums.newest;
  }
  return result;
}

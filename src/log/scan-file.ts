// Scans one log file for anomalies: lines that are no records, a truncated end, bytes that cannot be read.
import { PapyraError } from '../errors/errors.js';
import { errnoOf } from '../errors/system-error.js';
import { fillersOf } from './plan-head.js';
import { chunks, truncated } from '../files/read.js';
import { TailSample } from '../files/tail-sample.js';
import type { LineReader } from '../records/line-reader.js';
import type { LineKind } from '../records/scanner.js';
import type { Sums } from '../records/sums.js';
import type { Anomaly, AnomalyKind, AnomalyList } from '../report/anomalies.js';
import type { RetentionRules } from '../retention/policy.js';
import { blockOf, statusesOf, type Block } from './block.js';
import { eachLine } from './each-line.js';
import { describe } from './excerpt.js';
import type { Foreign } from './foreign/form.js';
import { foreignIn } from './foreign/suspect.js';
import { linesIn } from './line-count.js';
import type { OpenLog } from './open.js';
import type { Phases } from './phases.js';
import { scanLog, scanOf, type LogScan, type ScanTask } from './scan.js';
import { judgeTail, type Tail } from './tail.js';

/** What a file holds, and what is wrong with it. */
export interface FileScan {
  log: OpenLog;
  /** Its path, as the operator knows it. */
  path: string;
  /** The complete lines that were there at the start. */
  lines: LogScan;
  /** What stands behind them. */
  tail: Tail & { kind?: LineKind };
  /** Where reading failed; undefined: all of it was read. */
  failedAt?: number;
  /** Readable records; `undated` of them have no timestamp. */
  records: number;
  undated: number;
  /** Bytes that a recovery would remove. */
  anomalous: number;
  anomalies: number;
  /** What it is, when it is no log of the runtime. */
  foreign?: Foreign | undefined;
}

/** How a scan is done. */
export interface ScanTools extends Pick<ScanTask, 'reader' | 'instants' | 'thread' | 'tick'> {
  reader: LineReader;
  phases: Phases;
  signal?: AbortSignal | undefined;
}

/** What is wrong with a last record that can stay. */
export const UNENDED = 'a whole record without its newline';

/** No limit: nothing expires, and all lines stay apart by what they are. */
export const NO_RULES: RetentionRules = {
  max_age_seconds: null,
  max_records: null,
  max_total_bytes: null,
  now: 0,
  unreadable: 'keep',
  undated: 'keep',
};

/**
 * Reads a file to its end, and adds what is wrong with it to `list`.
 *
 * @throws {PapyraError} `try_again` when it was truncated, or shortened in place, meanwhile.
 */
export async function scanFile(
  log: OpenLog,
  path: string,
  tools: ScanTools,
  list: AnomalyList,
): Promise<FileScan> {
  const { size } = log.stat;
  const before = new TailSample(log, size);
  const from = fillersOf(log);
  const read = await readLines({ ...tools, file: log, from, to: size });
  const { lines, failedAt } = read;
  const { live, undated, unreadable } = countsOf(lines.blocks);
  const scan: FileScan = {
    log,
    path,
    lines,
    tail: { state: 'none', start: lines.end, end: lines.end },
    records: live + undated,
    undated,
    anomalous: lines.blocks.reduce((sum, { sums }) => sum + sums.bytes.unreadable, 0),
    anomalies: unreadable,
    ...(failedAt === undefined ? {} : { failedAt }),
  };
  const add = (kind: AnomalyKind, found: Partial<Anomaly> & { detail: string }): void =>
    list.add({ kind, file: path, stream: null, line: null, id: null, offset: null, bytes: null, excerpt: '', ...found }); // prettier-ignore
  const count = await listUnreadable(scan, tools, list, add);
  if (failedAt !== undefined) {
    scan.anomalies += 1;
    add('PARTIAL_WRITE', { offset: failedAt, bytes: size - failedAt, detail: `cannot be read: ${read.why}` }); // prettier-ignore
    return scan;
  }
  await addTail(scan, count + 1, tools, add);
  scan.foreign = await foreignIn(log, lines, scan.records);
  before.assertUnchanged();
  return scan;
}

type Add = (kind: AnomalyKind, found: Partial<Anomaly> & { detail: string }) => void;

/** Where the disk fails, what is before that is read again, by one thread, to know where. */
async function readLines(
  task: ScanTask,
): Promise<{ lines: LogScan; failedAt?: number; why?: string }> {
  try {
    return { lines: await scanLog(task, NO_RULES, []) };
  } catch (error) {
    if (errnoBehind(error) !== 'EIO') throw error;
  }
  const { file, from, to, reader } = task;
  const sums: Sums[] = [];
  let at = from;
  reader.startAt(from);
  try {
    for await (const chunk of chunks(file, from, to, task.tick, reader.window)) {
      reader.take(chunk.length, (one) => sums.push(one));
      at += chunk.length;
    }
    throw truncated(file.path);
  } catch (error) {
    if (errnoBehind(error) !== 'EIO') throw error;
    const statuses = statusesOf(NO_RULES);
    const lines = scanOf(sums.map((one) => blockOf(one, statuses)), from); // prettier-ignore
    return { lines, failedAt: at, why: 'input/output error (EIO)' };
  }
}

function errnoBehind(error: unknown): string | undefined {
  return error instanceof PapyraError ? errnoOf(error.cause) : errnoOf(error);
}

function countsOf(blocks: readonly Block[]) {
  const counts = { live: 0, undated: 0, unreadable: 0 };
  for (const { sums } of blocks) {
    counts.live += sums.lines.live + sums.lines.expired;
    counts.undated += sums.lines.undated;
    counts.unreadable += sums.lines.unreadable;
  }
  return counts;
}

/** Lists the unreadable lines with their places, as far as there is room. Returns the number of all lines. */
async function listUnreadable(
  { log, lines }: FileScan,
  { phases }: ScanTools,
  list: AnomalyList,
  add: Add,
): Promise<number> {
  let line = 0;
  for (const block of lines.blocks) {
    const { unreadable } = block.sums.lines;
    if (unreadable > 0 && !list.hasRoom) list.count('CORRUPTED_LINE', unreadable);
    if (unreadable > 0 && list.hasRoom) {
      let found = 0;
      let number = line;
      await eachLine(log, block, phases(), (kind, start, end) => {
        number += 1;
        if (kind !== 'unreadable') return;
        found += 1;
        const at = { line: number, offset: start, bytes: end - start };
        if (list.hasRoom) add('CORRUPTED_LINE', { ...at, ...describe(log, { start, end }) });
        else list.count('CORRUPTED_LINE', 1);
      });
      if (found !== unreadable) throw truncated(log.path);
    }
    line += linesIn(log, block);
  }
  return line;
}

/** What stands behind the last newline; a line that was completed meanwhile is judged as all others are. */
async function addTail(scan: FileScan, line: number, tools: ScanTools, add: Add): Promise<void> {
  const { log, lines } = scan;
  const tail = await judgeTail(log, lines.end, tools.signal);
  scan.tail = tail;
  if (tail.state === 'none') return;
  await eachLine(log, tail, tools.phases(), (kind) => (scan.tail.kind = kind));
  const isRecord = scan.tail.kind === 'record' || scan.tail.kind === 'undated';
  const bytes = tail.end - tail.start;
  const at = { line, offset: tail.start, bytes };
  if (isRecord) scan.records += 1;
  if (scan.tail.kind === 'undated') scan.undated += 1;
  if (tail.state === 'completed') {
    if (scan.tail.kind !== 'unreadable') return;
    add('CORRUPTED_LINE', { ...at, ...describe(log, tail) });
  } else {
    const { excerpt } = describe(log, tail);
    const detail = isRecord
      ? 'a whole record without its newline'
      : 'the end of the line is missing';
    add('TRUNCATED_LINE', { ...at, excerpt, detail });
  }
  scan.anomalies += 1;
  if (!isRecord) scan.anomalous += bytes;
}

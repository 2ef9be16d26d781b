// Brings over what writers append to the old file after the rename (step 5 of replace.ts, which tells about crashes).
//
// Lines go one by one to the end of the log (live-append.ts). Each is on the disk in the old file before: otherwise a
// power loss could leave half of it in the log and nothing in the old file to recognise it by. The drain is over when
// a look shows no writer and two passes after it bring nothing, and once more so after a pause. Only then an
// unterminated rest is appended, with a newline. Offline one pass is enough. A write that ends early leaves half a line
// in the log, to which other writers may append: reconcile.ts mends that.
import { fdatasyncSync, fstatSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../units/clock.js';
import { lines } from './lines.js';
import { appendLine, ShortWrite } from './live-append.js';
import { reconcile } from './reconcile.js';
import { noteShorterLog, type OldLink } from './old-link.js';
import type { OpenFile, Tick } from './read.js';
import { attempt } from '../errors/system-error.js';
import { WholeLines } from './whole-lines.js';
import { findWriters, type WriterSearch } from './writers.js';

/** If a writer holds the old file longer, it is kept for the next run. */
const PATIENCE_MS = 5000;
/** An open() that has resolved the old name shows its descriptor within microseconds. */
const PAUSE_MS = 100;
const POLL_MS = 10;

export interface Drain {
  old: OpenFile;
  live: OpenFile;
  /** Offset in the old file from which it is drained. */
  from: number;
  link: OldLink;
  /** The operator asserts that nothing writes: no looks, no waiting. */
  offline: boolean;
  /** Nothing has touched the old file for long: where writers cannot be seen, assume that there are none. */
  rested: boolean;
  /** An earlier run may have appended the torn rest already. */
  recovering: boolean;
  isRecord: (line: Buffer) => boolean;
  tick: Tick;
  signal?: AbortSignal | undefined;
}

export interface Drained {
  /** How far the old file was taken over. */
  at: number;
  /** Whole lines appended to the live file. */
  lines: number;
  /** Whether the old file has come to rest: nobody can append to it any more. */
  over: boolean;
  /** The last look, for the message when it is not over. */
  look: WriterSearch;
}

export async function drain(task: Drain): Promise<Drained> {
  const { old } = task;
  let follower = new WholeLines(old, task.from);
  let count = 0;
  const pass = async (): Promise<boolean> => {
    try {
      const added = await takeOver(task, follower);
      count += added;
      return added > 0;
    } catch (error) {
      if (!(error instanceof ShortWrite)) throw error;
      const { added, at } = await reconcile(task);
      follower = new WholeLines(old, at);
      count += added;
      return true;
    }
  };
  const calm = async () => !(await pass()) && !(await pass());

  await pass();
  let look: WriterSearch = { who: 'nobody' };
  let over = task.offline;
  const deadline = monotonicMs() + PATIENCE_MS;
  while (!over) {
    look = lookAt(task);
    if (look.who === 'nobody' && (await calm())) {
      await sleep(PAUSE_MS);
      look = lookAt(task);
      over = look.who === 'nobody' && (await calm());
      if (over) break;
    }
    if (look.who === 'unknown') {
      await sleep(PAUSE_MS);
      await pass();
      break;
    }
    if (monotonicMs() > deadline || task.signal?.aborted) break;
    await sleep(POLL_MS);
    await pass();
  }
  if (over) await appendRest(task, follower.at);
  return { at: follower.at, lines: count, over, look };
}

function lookAt({ old, rested }: Drain): WriterSearch {
  const look = findWriters(old);
  return look.who === 'unknown' && rested ? { who: 'nobody' } : look;
}

/** Appends what is new, line by line; returns how many lines that were. */
async function takeOver(task: Drain, follower: WholeLines): Promise<number> {
  let count = 0;
  let pieces: Buffer[] = [];
  while (follower.read((piece) => pieces.push(Buffer.from(piece)))) {
    if (pieces.length > 0) syncOld(task);
    noteShorterLog(task.link, task.live);
    for (const line of split(pieces)) {
      await appendLine(task.live, line);
      count += 1;
    }
    pieces = [];
  }
  return count;
}

/** Appends what a writer that is gone left unfinished, as a line of its own. */
async function appendRest(task: Drain, at: number): Promise<void> {
  const { old, live, link } = task;
  const size = fstatSync(old.fd).size;
  if (size <= at) return;
  noteShorterLog(link, live);
  const rest = Buffer.alloc(size - at + 1, '\n');
  readSync(old.fd, rest, 0, size - at, at);
  if (task.recovering) {
    const there = occurrences(rest, lines(live, link.synced, fstatSync(live.fd).size));
    if (there > occurrences(rest, lines(old, link.taken, at))) return;
  }
  syncOld(task);
  try {
    await appendLine(live, rest);
  } catch (error) {
    if (!(error instanceof ShortWrite)) throw error;
    const { at: end } = await reconcile(task);
    await appendRest({ ...task, recovering: true }, end);
  }
}

function syncOld({ old }: Drain): void {
  attempt('sync', old.path, () => fdatasyncSync(old.fd));
}

function occurrences(line: Buffer, among: Iterable<Buffer>): number {
  let count = 0;
  for (const other of among) if (other.equals(line)) count += 1;
  return count;
}

function split(pieces: Buffer[]): Buffer[] {
  const bytes = Buffer.concat(pieces);
  const result: Buffer[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start) + 1;
    result.push(bytes.subarray(start, end));
    start = end;
  }
  return result;
}

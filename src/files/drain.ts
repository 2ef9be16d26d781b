import { fdatasyncSync, fstatSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../units/clock.js';
import { lines } from './lines.js';
import { appendLine, ShortWrite } from './live-append.js';
import { reconcile } from './reconcile.js';
import type { OpenFile, Tick } from './read.js';
import { attempt } from '../errors/system-error.js';
import { WholeLines } from './whole-lines.js';
import { findWriters, type WriterSearch } from './writers.js';

/** A writer that holds the old file longer than this is not waited for. */
const PATIENCE_MS = 5000;
/** An open() that has resolved the name needs microseconds to show its descriptor. */
const PAUSE_MS = 100;
const POLL_MS = 10;

export interface Drain {
  old: OpenFile;
  live: OpenFile;
  /** From here on the old file is to be drained. */
  from: number;
  /** What the link says: see old-link.ts. */
  link: { taken: number; synced: number };
  /** The operator asserts that nothing writes: no looks, no waiting. */
  offline: boolean;
  /** Nothing has touched the old file for long: writers that cannot be seen are taken to be gone. */
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

/**
 * Step 7: takes over what writers append to the old file after the rename. Done only when a look shows
 * no writer and, after it, two passes bring nothing; then a pause, another look and another pass. Only
 * then a torn rest is appended, with a newline.
 */
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
      // Half a line is in the log, and others may have written behind it: that is what R mends.
      const { added, at } = await reconcile({ ...task, ...task.link });
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
    for (const line of split(pieces)) {
      await appendLine(task.live, line);
      count += 1;
    }
    pieces = [];
  }
  return count;
}

/** What a writer that is gone left unfinished: as a line of its own, so that nothing is glued to it. */
async function appendRest(task: Drain, at: number): Promise<void> {
  const { old, live, link } = task;
  const size = fstatSync(old.fd).size;
  if (size <= at) return;
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
    const { at: end } = await reconcile({ ...task, ...link });
    await appendRest({ ...task, recovering: true }, end);
  }
}

/**
 * What the log is given must be on the disk in the old file first: else a power loss could leave half
 * of it in the log and nothing to recognise it by.
 */
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

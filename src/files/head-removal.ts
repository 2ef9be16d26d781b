import { fdatasyncSync, fstatSync, lstatSync, readSync, writeSync } from 'node:fs';
import { PapyraError } from '../errors.js';
import { blockSize, collapseRange } from './collapse.js';
import { syncDirectory } from './durable.js';
import { filler, FILLER_BYTES, leadingFiller } from './filler.js';
import { dropIntent, makeNonce, readIntent, writeIntent, type Intent } from './intent.js';
import type { LogNames } from './names.js';
import type { OpenFile, Tick } from './read.js';
import { assertRuntimeIsNotRewriting } from './surroundings.js';
import { attempt } from './system-error.js';
import type { Witness } from './witness.js';

export interface Head {
  /** The log, open for reading and writing, without O_APPEND: pwrite would append. */
  log: OpenFile;
  names: LogNames;
  /** The descriptors that hold the lock. */
  locks: readonly number[];
  /** Called with bytes read; may stop the work, which is safe between any two steps. */
  tick: Tick;
}

/**
 * Removes the head of a log without a copy, while writers append to it: the file stays the same.
 * `startOf` finds the start of the last line that begins at or before a byte of the head.
 *
 * 1. Write down the intent; fsync the directory. Make sure that the log is still what was surveyed: nobody
 *    has truncated it, no other program rewrites it, its name is still its own.
 * 2. Write two filler lines over [start, keep), in one write; fdatasync. One ends where the collapse
 *    will end, the other leads from there to the first line that stays. Whatever a crash leaves of
 *    that write, it is within what has expired.
 * 3. Make sure again. Collapse [0, align) in a child that holds the lock; fdatasync.
 * 4. Remove the intent; fsync the directory.
 */
export async function removeHead(
  head: Head & { witness: Witness },
  keep: number,
  align: number,
  start: number,
): Promise<void> {
  const { log, names } = head;
  const intent: Intent = { align, start, keep, nonce: makeNonce() };
  const { witness } = head;
  writeIntent(names, log.fd, intent);
  try {
    syncNames(names);
    assertStillTheLog(log, names, witness);
    writeFillers(log, intent);
    assertStillTheLog(log, names, witness);
  } catch (error) {
    // Nothing but expired bytes was touched, and a repair would write over what is there now.
    if (error instanceof PapyraError && error.code === 'try_again') dropIntent(names);
    throw error;
  }
  await collapseRange(log, head.locks, 0, align);
  sync(log);
  finish(names);
}

function assertStillTheLog(log: OpenFile, names: LogNames, witness: Witness): void {
  const now = lstatSync(names.log, { throwIfNoEntry: false });
  if (now?.ino !== fstatSync(log.fd).ino) {
    throw new PapyraError('try_again', `${names.log} was moved or replaced by another process`, {
      hint: 'nothing was removed; find out what moves it, then run again',
    });
  }
  assertRuntimeIsNotRewriting(names);
  witness.assertUnchanged();
}

/** Bytes below `align` that a filler needs: the line it replaces must begin at or before that. */
export function fillerStart(align: number): number {
  return align - FILLER_BYTES;
}

/**
 * Brings a head removal that was cut short to a sound end; the caller holds the lock. Returns what was
 * done, in words. Not by redoing what the intent says, which may be done already and would then take
 * live records; by looking:
 *
 * - Another file, or none: the intent is void.
 * - A power loss in the middle of the collapse leaves its hole, a run of NULs, somewhere: collapse
 *   that, and what cannot be collapsed becomes newlines. Looking again finds nothing, however often.
 * - The log begins with the second filler of this intent: it was done.
 * - Else it was not: write the fillers, whose write may have been torn. The plan then starts afresh.
 */
export async function repairHead(head: Head): Promise<string[]> {
  const { log, names } = head;
  const intent = readIntent(names, log.fd);
  if (intent === null) return [];
  syncNames(names);
  if (intent === 'foreign') {
    finish(names);
    return ['an intent to remove the head of another file was left here; it is void and removed'];
  }
  const holes = await closeHoles(head);
  const done = leadingFiller(readText(log, 0, intent.keep - intent.align))?.nonce === intent.nonce;
  if (!done) {
    assertUncollapsed(log, intent);
    writeFillers(log, intent);
  }
  sync(log);
  finish(names);
  if (done && holes === 0) return ['an earlier run was killed after it had removed the head'];
  return [
    done
      ? 'an earlier run was cut short while it removed the head; the hole it left is closed'
      : 'an earlier run was killed before it removed the head; nothing was lost',
  ];
}

function writeFillers(log: OpenFile, { start, align, keep, nonce }: Intent): void {
  const bytes = Buffer.from(filler(nonce, align - start) + filler(nonce, keep - align));
  attempt('write', log.path, () => {
    for (let at = 0; at < bytes.length;) {
      at += writeSync(log.fd, bytes, at, bytes.length - at, start + at);
    }
  });
  sync(log);
}

/** The offsets of an intent are lines' bounds, or the file is not what the intent is about. */
function assertUncollapsed(log: OpenFile, { start, keep }: Intent): void {
  const bound = (at: number) => at === 0 || readText(log, at - 1, 1) === '\n';
  if (fstatSync(log.fd).size >= keep && bound(start) && bound(keep)) return;
  throw new PapyraError('io_error', `${log.path} is not as an earlier run left it`, {
    hint: 'nothing was touched; look at its .papyra.intent, remove that, and run again',
  });
}

const CHUNK_BYTES = 1 << 20;

/** Closes runs of NULs of at least one block; returns how many there were. */
async function closeHoles({ log, locks, tick }: Head): Promise<number> {
  const block = blockSize(log.path);
  let closed = 0;
  const next = (from: number) => findHole(log, block, from, tick);
  for (let hole = await next(0); hole; hole = await next(hole.start)) {
    closed += 1;
    const { size } = fstatSync(log.fd);
    const start = Math.ceil(hole.start / block) * block;
    // A collapse may not reach the end of the file.
    const last =
      Math.floor((Math.min(hole.end, size) - (hole.end >= size ? 1 : 0)) / block) * block;
    const end = Math.max(start, last);
    if (end > start) await collapseRange(log, locks, start, end - start);
    blank(log, hole.start, hole.end - (end - start));
    sync(log);
  }
  return closed;
}

/** Blank lines, which nobody counts. */
function blank(log: OpenFile, from: number, to: number): void {
  if (to <= from) return;
  const bytes = Buffer.alloc(to - from, '\n');
  attempt('write', log.path, () => writeSync(log.fd, bytes, 0, bytes.length, from));
}

/** The first run of NULs at or behind `from` that covers a whole block. */
async function findHole(
  log: OpenFile,
  block: number,
  from: number,
  tick: Tick,
): Promise<{ start: number; end: number } | undefined> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let start = -1;
  for (let position = from; ;) {
    const at = position;
    const read = attempt('read', log.path, () => readSync(log.fd, buffer, 0, CHUNK_BYTES, at));
    for (let index = 0; index < read; index++) {
      if (buffer[index] === 0) {
        if (start === -1) start = position + index;
        continue;
      }
      if (start !== -1 && coversBlock(start, position + index, block)) {
        return { start, end: position + index };
      }
      start = -1;
      const next = buffer.subarray(0, read).indexOf(0, index);
      if (next === -1) break;
      index = next - 1;
    }
    position += read;
    await tick(read);
    if (read === 0) {
      return start !== -1 && coversBlock(start, position, block)
        ? { start, end: position }
        : undefined;
    }
  }
}

function coversBlock(start: number, end: number, block: number): boolean {
  return Math.floor(end / block) * block - Math.ceil(start / block) * block >= block;
}

function readText(log: OpenFile, position: number, bytes: number): string {
  const buffer = Buffer.alloc(Math.max(0, bytes));
  const read = attempt('read', log.path, () =>
    readSync(log.fd, buffer, 0, buffer.length, position),
  );
  return buffer.toString('latin1', 0, read);
}

function sync(log: OpenFile): void {
  attempt('sync', log.path, () => fdatasyncSync(log.fd));
}

function syncNames({ directory }: LogNames): void {
  attempt('sync', directory, () => syncDirectory(directory));
}

function finish(names: LogNames): void {
  dropIntent(names);
  syncNames(names);
}

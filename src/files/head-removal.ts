import { fdatasyncSync, fstatSync, readSync, writeSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { collapseRange, collapseUnit } from './collapse.js';
import { syncDirectory } from './durable.js';
import { FILLER_BYTES, fillers, leadingFiller, oneFiller } from './filler.js';
import { fileId, idAt } from './identity.js';
import { dropIntent, makeNonce, readIntent, writeIntent, type Intent } from './intent.js';
import type { LogNames } from './names.js';
import type { OpenFile, Tick } from './read.js';
import { assertRuntimeIsNotRewriting } from './surroundings.js';
import { attempt } from '../errors/system-error.js';
import type { TailSample } from './tail-sample.js';
import { assertWritersAppend } from './writers.js';

export interface Head {
  /** The log, open for reading and writing, without O_APPEND: pwrite would append. */
  log: OpenFile;
  names: LogNames;
  /** Called with bytes read; may stop the work, which is safe between any two steps. */
  tick: Tick;
}

/**
 * Removes the head of a log without a copy, while writers append to it: the file stays the same.
 * `startOf` finds the start of the last line that begins at or before a byte of the head.
 *
 * 1. Write down the intent; fsync the directory. Make sure that the log is still what was scanned: nobody
 *    has truncated it, no other program rewrites it, its name is still its own.
 * 2. Write fillers over [start, keep); fdatasync. The last one leads from where the collapse will end to the first
 *    line that stays; those before it, more than one where a line is very long, end there. Whatever a crash leaves
 *    of these writes, it is within what has expired.
 * 3. Make sure again, and that no writer has an offset of its own. Collapse [0, align); fdatasync. The call is
 *    made by the process that holds the lock: it has ended, done or not, before the kernel frees the lock, and no
 *    second run can repair what it is still at.
 * 4. Remove the intent; fsync the directory.
 */
export function removeHead(
  head: Head & { tailSample: TailSample },
  keep: number,
  align: number,
  start: number,
): void {
  const { log, names } = head;
  const intent: Intent = { align, start, keep, nonce: makeNonce() };
  const { tailSample } = head;
  writeIntent(names, log.fd, intent);
  try {
    syncNames(names);
    assertStillTheLog(log, names, tailSample);
    writeFillers(log, intent);
    assertStillTheLog(log, names, tailSample);
    assertWritersAppend(log);
  } catch (error) {
    // Nothing but expired bytes was touched, and a repair would write over what is there now.
    if (error instanceof PapyraError && error.code === 'try_again') dropIntent(names);
    throw error;
  }
  collapseRange(log, 0, align);
  sync(log);
  finish(names);
}

function assertStillTheLog(log: OpenFile, names: LogNames, tailSample: TailSample): void {
  if (idAt(names.entry) !== fileId(log.fd)) {
    throw new PapyraError('try_again', `${names.log} was moved or replaced by another process`, {
      hint: 'nothing was removed; find out what moves it, then run again',
    });
  }
  assertRuntimeIsNotRewriting(names);
  tailSample.assertUnchanged();
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
 * - Else, where the offsets of the intent are no bounds of lines, somebody has changed the log since: it is void.
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
  const rest = intent.keep - intent.align;
  const first = leadingFiller(readText(log, 0, Math.min(rest, fstatSync(log.fd).size)));
  const done = first?.nonce === intent.nonce && first.bytes === rest;
  if (!done && !isUncollapsed(log, intent)) {
    finish(names);
    return [
      'an earlier run was killed before it removed the head, and the log was changed since: what it was about to do is void',
    ];
  }
  if (!done) writeFillers(log, intent);
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
  let position = start;
  let pending: Buffer = Buffer.alloc(0);
  const flush = (bytes: Buffer): void => {
    attempt('write', log.path, () => writeAt(log.fd, bytes, position));
    position += bytes.length;
  };
  for (const piece of fillers(nonce, align - start)) {
    if (pending.length > 0) flush(pending);
    pending = piece;
  }
  // What was one write stays one.
  flush(Buffer.concat([pending, oneFiller(nonce, keep - align)]));
  sync(log);
}

function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at, bytes.length - at, position + at);
  }
}

/** The offsets of an intent are lines' bounds, or the file is not what the intent is about. */
function isUncollapsed(log: OpenFile, { start, keep }: Intent): boolean {
  const bound = (at: number) => at === 0 || readText(log, at - 1, 1) === '\n';
  return fstatSync(log.fd).size >= keep && bound(start) && bound(keep);
}

const CHUNK_BYTES = 1 << 20;

/** Closes runs of NULs of at least one block; returns how many there were. */
async function closeHoles({ log, names, tick }: Head): Promise<number> {
  const block = collapseUnit(names.directory);
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
    if (end > start) collapseRange(log, start, end - start);
    blank(log, hole.start, hole.end - (end - start));
    sync(log);
  }
  return closed;
}

/** Blank lines, which nobody counts. */
function blank(log: OpenFile, from: number, to: number): void {
  for (let at = from; at < to; at += CHUNK_BYTES) {
    const bytes = Buffer.alloc(Math.min(CHUNK_BYTES, to - at), '\n');
    attempt('write', log.path, () => writeAt(log.fd, bytes, at));
  }
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

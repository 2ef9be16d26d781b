// Removes the expired head of a log in place, without a copy, while writers append to the same file.
//
// The file system removes whole units only (collapse.ts). `keep` is the first byte that stays, `align` the end of what
// is removed, `start` the start of the line at or before `align - FILLER_BYTES`. The caller holds the lock.
//
// 1. Write the intent (intent.ts), which holds these three numbers; fsync the directory. Check that the log is still
//    what was scanned: nobody has truncated it, no other program rewrites it, its name is still its own.
//    A crash leaves the intent beside an untouched log.
// 2. Overwrite [start, keep) with fillers; fdatasync. The last one reaches from `align` to `keep`; those before it
//    (more than one where a line is very long) end at `align`. A crash leaves torn writes, all within expired lines.
// 3. Check again, and that no writer has an offset of its own. Collapse [0, align); fdatasync. The process that holds
//    the lock makes the call: it has ended, done or not, before the kernel frees the lock, and no second run can repair
//    what it is still doing. A power loss in the middle leaves a hole, a run of NULs, somewhere in the log.
// 4. Remove the intent; fsync the directory.
//
// `repairHead` mends, in the next run. It does not do what the intent says, which may be done already and would then
// remove live records. It looks:
//
// - The intent is about another file: it is void.
// - A run of NULs that covers a block: collapse it; what cannot be collapsed becomes newlines. If this is interrupted,
//   the next run finds what is left.
// - The log begins with the last filler of this intent: the collapse was done.
// - The offsets of the intent are not bounds of lines, or the log does not begin as it did: another program has changed
//   it since; the intent is void.
// - Otherwise the collapse was not done: write the fillers again, which may be torn. The plan then starts afresh.
import { fdatasyncSync, fstatSync, readSync, writeSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { collapseRange, collapseUnit } from './collapse.js';
import { syncDirectory } from './durable.js';
import { FILLER_BYTES, fillers, leadingFiller, oneFiller } from './filler.js';
import { fileId, idAt } from './identity.js';
import { dropIntent, makeNonce, readIntent, traceOf, writeIntent, type Intent } from './intent.js';
import type { LogNames } from './names.js';
import type { OpenFile, Tick } from './read.js';
import { assertRuntimeIsNotRewriting } from './surroundings.js';
import { attempt } from '../errors/system-error.js';
import type { TailSample } from './tail-sample.js';
import { assertWritersAppend } from './writers.js';

export interface Head {
  /** The log, open for reading and writing; without O_APPEND, with which pwrite(2) would append. */
  log: OpenFile;
  names: LogNames;
  /** Called with bytes read; may throw to stop the work, which is safe between any two steps. */
  tick: Tick;
}

export function removeHead(
  head: Head & { tailSample: TailSample },
  keep: number,
  align: number,
  start: number,
): void {
  const { log, names, tailSample } = head;
  const intent = { align, start, keep, nonce: makeNonce(), trace: traceOf(log, start) };
  writeIntent(names, log.fd, intent);
  try {
    syncNames(names);
    assertStillTheLog(log, names, tailSample);
    writeFillers(log, intent);
    assertStillTheLog(log, names, tailSample);
    assertWritersAppend(log);
  } catch (error) {
    // Only expired bytes were changed so far, and a repair would write over what another program put there.
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

/** The line that the filler before `align` replaces must begin at or before this byte. */
export function fillerStart(align: number): number {
  return align - FILLER_BYTES;
}

/** Returns what was done, in words. */
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
  // The last two fillers are one write.
  flush(Buffer.concat([pending, oneFiller(nonce, keep - align)]));
  sync(log);
}

function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at, bytes.length - at, position + at);
  }
}

function isUncollapsed(log: OpenFile, { start, keep, trace }: Intent): boolean {
  const bound = (at: number) => at === 0 || readText(log, at - 1, 1) === '\n';
  const isWhole = fstatSync(log.fd).size >= keep && bound(start) && bound(keep);
  return isWhole && traceOf(log, start) === trace;
}

const CHUNK_BYTES = 1 << 20;

/** Closes the runs of NULs that cover a block; returns how many there were. */
async function closeHoles({ log, names, tick }: Head): Promise<number> {
  const block = collapseUnit(names.directory);
  let closed = 0;
  const next = (from: number) => findHole(log, block, from, tick);
  for (let hole = await next(0); hole; hole = await next(hole.start)) {
    closed += 1;
    const { size } = fstatSync(log.fd);
    const start = Math.ceil(hole.start / block) * block;
    // A collapse may not reach the end of the file.
    const last = Math.floor(Math.min(hole.end, size - 1) / block) * block;
    const end = Math.max(start, last);
    if (end > start) collapseRange(log, start, end - start);
    blank(log, hole.start, hole.end - (end - start));
    sync(log);
  }
  return closed;
}

/** Writes blank lines, which nobody counts. */
function blank(log: OpenFile, from: number, to: number): void {
  for (let at = from; at < to; at += CHUNK_BYTES) {
    const bytes = Buffer.alloc(Math.min(CHUNK_BYTES, to - at), '\n');
    attempt('write', log.path, () => writeAt(log.fd, bytes, at));
  }
}

/** The first run of NULs at or after `from` that covers a whole block. */
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

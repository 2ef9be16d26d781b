// Follows the files of a log: hands out each line that is appended once, whatever becomes of the files meanwhile.
import { closeSync, fstatSync } from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { interruption } from '../errors/errors.js';
import { fileId, type FileId } from '../files/identity.js';
import type { OpenFile } from '../files/read.js';
import { lastLineEnd, readFully, SteadyFile } from '../files/steady-file.js';
import { findWindow, keyOf, LineWindow } from './line-window.js';
import { LONGEST_LINE, type FileLine } from './lines-of.js';

/**
 * One file is read at a time, the current one, by a descriptor that stays open, up to an offset. Two things are remembered of
 * what was read: the bytes right before the offset (the sample), and the last megabyte of lines (the window).
 *
 * - **Removal in place** moves the bytes of the file up. After each read the sample is compared, and the size: where they
 *   differ, what was read is forgotten, and reading goes on at the first remembered line that is still there.
 * - **Replacement** (the path leads to another file, and ours has no name in the set): ours is read to its end; then the file
 *   that holds lines of the window is the new one. It holds what stays of the old one and what was appended meanwhile, in
 *   that order; but writers may append to it before late lines of the old one are brought over. So the remembered lines
 *   that are still to come there are skipped one by one, in their order, and all others are new. Where none is to be found,
 *   nothing of what was read is left: all of the new file is new.
 * - **Rotation** (ours has another name in the set): ours is read to its end, which ends its last line; then the files below
 *   it, the next one first, from their beginning. So no file is missed, however often it was rotated between two looks.
 * - **Truncation** looks like a removal of all that was read.
 *
 * A line counts when its newline is there. A torn one is waited for; one that papyra ends in the new file is found there.
 */

/** The files that are followed. */
export interface Chain {
  /** Which file the path leads to now; undefined: none. */
  active(): FileId | undefined;
  /** Opens all files, the newest first. */
  open(): OpenFile[];
  /** Those that have been rotated. */
  rotated(): FileId[];
  /** Whether late lines of a replaced file may still be brought over. */
  isDraining(): boolean;
}

/** Where following begins. */
export interface FollowedFile {
  file: OpenFile;
  id: FileId;
  /** Behind the last line that was read. */
  offset: number;
  sample: Buffer;
  window: LineWindow;
}

const POLL_MS = 200;
/** A writer that opened a file before it was rotated may append to it a moment after. */
const LATE_MS = 100;
const SAMPLE_BYTES = 4096;
const CHUNK_BYTES = 1 << 18;
const NEWLINE = 0x0a;

/** A file that is to be followed from `offset` on: a bound of lines in what `steady` shows. */
export function followedFrom(steady: SteadyFile, offset: number): FollowedFile {
  const window = new LineWindow();
  window.fill(steady, 0, offset);
  const sample = sampleBefore(steady, offset);
  return { file: steady.file, id: fileId(steady.file.fd), offset, sample, window };
}

function sampleBefore(steady: SteadyFile, offset: number): Buffer {
  const buffer = Buffer.alloc(SAMPLE_BYTES);
  return steady.read(Math.max(0, offset - SAMPLE_BYTES), offset, buffer).bytes;
}

/** Follows the files until the signal ends it. `start`: undefined where there is no file yet. */
export class Follower {
  #current: FollowedFile | undefined;
  /** Lines of the window that the file may still bring: they were handed out. */
  #pending: number[] = [];
  /** Files that are older than the current one. */
  #older = new Set<FileId>();
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES);

  constructor(
    readonly chain: Chain,
    start: FollowedFile | undefined,
    readonly signal: AbortSignal | undefined,
    readonly onWarning: (warning: string) => void,
  ) {
    this.#current = start;
  }

  /** The lines that come, some at a time. */
  async *lines(): AsyncGenerator<FileLine[]> {
    try {
      this.#lookAtOlder();
      for (;;) {
        // Before the last look at the file: what is brought over until then is seen by it.
        const wasDraining = this.#pending.length > 0 && this.chain.isDraining();
        yield* this.#rest();
        if (!wasDraining) this.#pending = [];
        if (this.chain.active() === this.#current?.id) this.#lookAtOlder();
        else if (yield* this.#moveOn()) continue;
        await this.#nap(POLL_MS);
      }
    } finally {
      if (this.#current) closeSync(this.#current.file.fd);
    }
  }

  /** All that can be read of the current file now. */
  async *#rest(): AsyncGenerator<FileLine[]> {
    for (let lines = this.#read(); lines; lines = this.#read()) {
      if (lines.length > 0) yield lines;
      // Signal handlers get their turn.
      await setImmediate();
      if (this.signal?.aborted) throw interruption(this.signal);
    }
  }

  /** The path leads to another file than the current one. Whether reading can go on at once. */
  async *#moveOn(): AsyncGenerator<FileLine[], boolean> {
    const files = this.chain.open();
    let next: FollowedFile | undefined;
    try {
      const ids = files.map(({ fd }) => fileId(fd));
      const at = this.#current ? ids.indexOf(this.#current.id) : -1;
      if (at === 0 || files.length === 0) return false;
      if (at > 0) yield* this.#finish(at);
      else if (this.#current) yield* this.#rest();
      next = at > 0 ? beginningOf(files[at - 1]!) : this.#successor(files, ids);
      this.#older = new Set(ids.slice(ids.indexOf(next.id) + 1));
    } finally {
      for (const file of files) if (file !== next?.file) closeSync(file.fd);
    }
    if (this.#current) closeSync(this.#current.file.fd);
    this.#current = next;
    return true;
  }

  /** The current file has been rotated: it is read to its end, which ends its last line. */
  async *#finish(index: number): AsyncGenerator<FileLine[]> {
    yield* this.#rest();
    if (index === 1) {
      await this.#nap(LATE_MS);
      yield* this.#rest();
    }
    const lines = this.#read(true);
    if (lines && lines.length > 0) yield lines;
    this.#pending = [];
  }

  /** The current file has no name any more: finds the one that has taken its place. */
  #successor(files: readonly OpenFile[], ids: readonly FileId[]): FollowedFile {
    const keys = this.#current?.window.keys() ?? [];
    for (const file of files) {
      const steady = steadyNow(file);
      const found = findWindow(steady, keys);
      if (!found) continue;
      this.#pending = [...keys.slice(found.index), ...this.#pending];
      return placeIn(steady, found.offset);
    }
    this.#pending = [];
    const known = ids.findIndex((id) => this.#older.has(id));
    return beginningOf(files[(known === -1 ? files.length : Math.max(1, known)) - 1]!);
  }

  /**
   * The next lines of the current file; none of them may be new. undefined: there is no whole line more. `ended`: nobody
   * appends to it any more, and its end ends its last line.
   */
  #read(ended = false): FileLine[] | undefined {
    for (;;) {
      const current = this.#current;
      if (!current) return undefined;
      const size = sizeOf(current.file);
      if (!this.#holds(current, size)) {
        this.#relocate(current);
        continue;
      }
      if (size <= current.offset) return undefined;
      const wanted = Math.min(size, current.offset + this.#buffer.length);
      const bytes = readFully(current.file, current.offset, wanted, this.#buffer);
      if (bytes.length < wanted - current.offset || !this.#holds(current, size)) continue;
      const last = ended && wanted === size ? bytes.length : bytes.lastIndexOf(NEWLINE) + 1;
      if (last > 0) return this.#take(current, bytes.subarray(0, last));
      if (wanted === size) return undefined;
      if (this.#buffer.length < LONGEST_LINE) this.#buffer = Buffer.allocUnsafe(LONGEST_LINE);
      else if (!this.#passOver(current, size)) return undefined;
    }
  }

  /** A line that is too long to be held. Whether it has ended. */
  #passOver(current: FollowedFile, size: number): boolean {
    for (let at = current.offset; at < size; at += this.#buffer.length) {
      const bytes = readFully(current.file, at, Math.min(size, at + this.#buffer.length), this.#buffer); // prettier-ignore
      const newline = bytes.indexOf(NEWLINE);
      if (newline === -1) continue;
      const end = at + newline + 1;
      this.onWarning(`a line of ${end - current.offset} bytes is not shown: it is too long`);
      current.offset = end;
      const from = Math.max(0, end - SAMPLE_BYTES);
      current.sample = readFully(current.file, from, end, Buffer.alloc(SAMPLE_BYTES));
      return true;
    }
    return false;
  }

  /** Whether the bytes before the offset are still what was read. */
  #holds({ file, offset, sample }: FollowedFile, size: number): boolean {
    if (sizeOf(file) < Math.max(size, offset)) return false;
    const from = offset - sample.length;
    return readFully(file, from, offset, Buffer.allocUnsafe(SAMPLE_BYTES)).equals(sample);
  }

  /** The bytes of the file have moved, or are gone. */
  #relocate(current: FollowedFile): void {
    const keys = current.window.keys();
    const steady = steadyNow(current.file);
    const found = findWindow(steady, keys);
    if (found) this.#pending = [...keys.slice(found.index), ...this.#pending];
    Object.assign(current, found ? placeIn(steady, found.offset) : beginningOf(current.file));
  }

  #take(current: FollowedFile, bytes: Buffer): FileLine[] {
    const lines: FileLine[] = [];
    for (let at = 0; at < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, at);
      const stop = newline === -1 ? bytes.length : newline;
      const end = Math.min(stop + 1, bytes.length);
      const line = { start: current.offset + at, end: current.offset + end, bytes: bytes.subarray(at, stop) }; // prettier-ignore
      at = end;
      const key = keyOf(line);
      if (key === undefined) continue;
      current.window.push(key, line.end - line.start);
      const place = this.#pending.length > 0 ? this.#pending.indexOf(key) : -1;
      if (place === -1) lines.push(line);
      else this.#pending = this.#pending.slice(place + 1);
    }
    current.offset += bytes.length;
    current.sample = Buffer.concat([current.sample, bytes.subarray(-SAMPLE_BYTES)]).subarray(-SAMPLE_BYTES); // prettier-ignore
    return lines;
  }

  #lookAtOlder(): void {
    const rotated = this.chain.rotated();
    // All but those that are newer than ours.
    const at = rotated.indexOf(this.#current?.id ?? '');
    this.#older = new Set(rotated.slice(at + 1));
  }

  async #nap(milliseconds: number): Promise<void> {
    const { signal } = this;
    await sleep(milliseconds, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (signal?.aborted) throw interruption(signal);
      throw error;
    });
  }
}

function sizeOf({ fd }: OpenFile): number {
  return fstatSync(fd).size;
}

/** What there is of whole lines in a file now. */
function steadyNow(file: OpenFile): SteadyFile {
  return new SteadyFile(file, lastLineEnd(file, sizeOf(file)));
}

/** `offset`: of what `steady` shows. */
function placeIn(steady: SteadyFile, offset: number): FollowedFile {
  const { file } = steady;
  const sample = sampleBefore(steady, offset);
  const at = Math.max(0, offset - steady.removed);
  return { file, id: fileId(file.fd), offset: at, sample, window: new LineWindow() };
}

function beginningOf(file: OpenFile): FollowedFile {
  const sample = Buffer.alloc(0);
  return { file, id: fileId(file.fd), offset: 0, sample, window: new LineWindow() };
}

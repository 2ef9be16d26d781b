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
 * - While the current file is read, and whenever the reader of our lines is slow, what comes after it is looked for all the
 *   same, and held open.
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
/** A writer that opened a file before it was rotated or replaced may append to it a moment after: those lines come first. */
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

/** Files that came after those that are known. */
interface Successors {
  /** The newest first. */
  files: OpenFile[];
  /** The newest known file was rotated, and these come after it; else one of them has taken its place. */
  rotated: boolean;
  /** When they were seen. */
  at: number;
}

/** So many replaced files are held open at most, for a reader that is slower than what it follows. */
const MOST_WAITING = 32;

/** Follows the files until the signal ends it. `start`: undefined where there is no file yet. */
export class Follower {
  #current: FollowedFile | undefined;
  /**
   * What comes after the current file, the next first. Looked for on time, however long the current file takes: a file that is
   * replaced again is gone unless it is held open.
   */
  #waiting: Successors[] = [];
  /** Lines of the window that the file may still bring: they were handed out. */
  #pending: number[] = [];
  #repeated = new Set<number>();
  /** Files that are older than the current one. */
  #older = new Set<FileId>();
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #failure: Error | undefined;

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
    const looking = setInterval(() => this.#lookAgain(), POLL_MS);
    try {
      this.#older = new Set(this.chain.rotated().filter((id) => id !== this.#current?.id));
      for (;;) {
        // Before the last look at the file: what is brought over until then is seen by it.
        const wasDraining = this.#pending.length > 0 && this.chain.isDraining();
        yield* this.#rest();
        if (!wasDraining) this.#pending = [];
        this.#look();
        if (this.#waiting[0]) yield* this.#moveOn(this.#waiting[0]);
        else await this.#nap(POLL_MS);
      }
    } finally {
      clearInterval(looking);
      for (const { files } of this.#waiting) for (const { fd } of files) closeSync(fd);
      if (this.#current) closeSync(this.#current.file.fd);
    }
  }

  /** All that can be read of the current file now. */
  async *#rest(): AsyncGenerator<FileLine[]> {
    for (let lines = this.#read(); lines; lines = this.#read()) {
      if (lines.length > 0) yield lines;
      // Signal handlers and timers get their turn.
      await setImmediate();
      this.#assertGoingOn();
    }
  }

  #lookAgain(): void {
    try {
      this.#look();
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  /** Looks where the path leads to, and holds what is new. */
  #look(): void {
    const newest = this.#waiting.at(-1)?.files[0];
    const known = newest ? fileId(newest.fd) : this.#current?.id;
    const active = this.chain.active();
    if (active === undefined || this.#waiting.length >= MOST_WAITING) return;
    if (active === known) {
      const ids = new Set(this.#known());
      this.#older = new Set(this.chain.rotated().filter((id) => !ids.has(id)));
      return;
    }
    const files = this.chain.open();
    const ids = files.map(({ fd }) => fileId(fd));
    const at = known === undefined ? -1 : ids.indexOf(known);
    const all = new Set([...this.#older, ...this.#known()]);
    const end = at === -1 ? ids.findIndex((id) => all.has(id)) : at;
    const fresh = end === -1 ? files : files.slice(0, end);
    for (const { fd } of files.slice(fresh.length)) closeSync(fd);
    if (fresh.length > 0) this.#waiting.push({ files: fresh, rotated: at > 0, at: Date.now() });
  }

  /** The current file and those that wait. */
  #known(): FileId[] {
    const waiting = this.#waiting.flatMap(({ files }) => files.map(({ fd }) => fileId(fd)));
    return this.#current ? [this.#current.id, ...waiting] : waiting;
  }

  /** The current file has come to its end, but for what was appended since. It gives way to the next that waits. */
  async *#moveOn({ files, rotated, at }: Successors): AsyncGenerator<FileLine[]> {
    yield* this.#rest();
    if (this.#current && Date.now() - at < LATE_MS) {
      await this.#nap(LATE_MS);
      yield* this.#rest();
    }
    let index = files.length - 1;
    let next = beginningOf(files[index]!);
    const found = rotated ? undefined : this.#successor(files);
    if (found) ({ index, next } = found);
    else {
      const last = rotated ? this.#read(true) : undefined;
      if (last && last.length > 0) yield last;
      this.#pending = [];
      // A file that is replaced before anything was read of it is known by the lines before.
      if (this.#current) next.window = this.#current.window;
    }
    if (this.#current) closeSync(this.#current.file.fd);
    this.#current = next;
    for (const { fd } of files.slice(index + 1)) closeSync(fd);
    const newer = files.slice(0, index);
    this.#waiting.splice(0, 1, ...(newer.length > 0 ? [{ files: newer, rotated: true, at }] : []));
  }

  /** What was handed out last, in the order in which it is in the file, or will be. */
  #keys(): number[] {
    return [...(this.#current?.window.keys() ?? []), ...this.#pending];
  }

  /** Of these lines, those from a number on are still to come in the file. */
  #expect(keys: readonly number[], from: number): void {
    const seen = new Set<number>();
    this.#repeated = new Set(keys.filter((key) => seen.size === seen.add(key).size));
    this.#pending = keys.slice(from);
  }

  /**
   * Whether the next line of the file is one that is still to come. They come in their order; those that are passed over are
   * gone. A line that is written again and again counts only when it is its turn: else it is a new one.
   */
  #wasHandedOut(key: number): boolean {
    if (this.#pending.length === 0) return false;
    const place = this.#repeated.has(key) ? 0 : this.#pending.indexOf(key);
    if (this.#pending[place] !== key) return false;
    this.#pending = this.#pending.slice(place + 1);
    return true;
  }

  /** The file that has taken the place of the current one, and how far it was read there; undefined: none has. */
  #successor(files: readonly OpenFile[]): { index: number; next: FollowedFile } | undefined {
    const keys = this.#keys();
    for (const [index, file] of files.entries()) {
      const steady = steadyNow(file);
      const found = findWindow(steady, keys);
      if (!found) continue;
      this.#expect(keys, found.index);
      return { index, next: placeIn(steady, found.offset) };
    }
    return undefined;
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
    const moved = movedTo(current);
    if (moved !== undefined) {
      current.offset = moved;
      return;
    }
    const keys = this.#keys();
    const steady = steadyNow(current.file);
    const found = findWindow(steady, keys);
    if (found) this.#expect(keys, found.index);
    const place = found ? placeIn(steady, found.offset) : { offset: 0, sample: Buffer.alloc(0) };
    Object.assign(current, place);
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
      if (!this.#wasHandedOut(key)) lines.push(line);
    }
    current.offset += bytes.length;
    current.sample = Buffer.concat([current.sample, bytes.subarray(-SAMPLE_BYTES)]).subarray(-SAMPLE_BYTES); // prettier-ignore
    return lines;
  }

  #assertGoingOn(): void {
    if (this.signal?.aborted) throw interruption(this.signal);
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #nap(milliseconds: number): Promise<void> {
    const { signal } = this;
    await sleep(milliseconds, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      if (signal?.aborted) throw interruption(signal);
      throw error;
    });
    this.#assertGoingOn();
  }
}

/** Ranges are removed in multiples of this, on any file system. */
const UNIT_BYTES = 512;

/** Where the sample ends after a removal in place, as long as all of it is there; undefined: it is not. */
function movedTo({ file, offset, sample }: FollowedFile): number | undefined {
  const { length } = sample;
  if (length === 0) return undefined;
  const buffer = Buffer.allocUnsafe((1 << 20) + SAMPLE_BYTES);
  for (let to = Math.min(offset - 1, sizeOf(file)); to >= length;) {
    const from = Math.max(0, to - buffer.length);
    const seen = readFully(file, from, to, buffer);
    for (
      let at = seen.lastIndexOf(sample);
      at !== -1;
      at = at > 0 ? seen.lastIndexOf(sample, at - 1) : -1
    ) {
      if ((offset - (from + at + length)) % UNIT_BYTES === 0) return from + at + length;
    }
    to = from === 0 ? 0 : from + length - 1;
  }
  return undefined;
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

// Reads a file by offsets that stay right while its head is removed in place.
import { fstatSync, readSync } from 'node:fs';
import { attempt } from '../errors/system-error.js';
import { truncated, type OpenFile } from './read.js';

const SAMPLE_BYTES = 4096;
const LOOK_BYTES = 1 << 20;

/** Some bytes of a file, and where they begin. */
export interface Piece {
  start: number;
  bytes: Buffer;
}

/**
 * A file as it was when it was opened, up to `end`. A removal in place takes a head of it and moves up all that is behind:
 * offsets here are those of the beginning, and what was removed meanwhile is left out. The last bytes before `end` tell how
 * far the file has moved. They are compared after each read, so bytes that were read while it moved are read again.
 */
export class SteadyFile {
  readonly #sample: Buffer;
  readonly #seen = Buffer.allocUnsafe(SAMPLE_BYTES);
  #shift = 0;

  constructor(
    readonly file: OpenFile,
    readonly end: number,
  ) {
    this.#sample = this.#physical(Math.max(0, end - SAMPLE_BYTES), end, Buffer.alloc(SAMPLE_BYTES));
  }

  /** How many bytes were removed from the head since. */
  get removed(): number {
    return this.#shift;
  }

  /**
   * The bytes `[from, to)`, in `into`, or what is left of them.
   *
   * @throws {PapyraError} `try_again` when the file was truncated.
   */
  read(from: number, to: number, into: Buffer): Piece {
    for (;;) {
      const start = Math.min(Math.max(from, this.#shift), to);
      const bytes = this.#physical(start - this.#shift, to - this.#shift, into);
      if (!this.#holds()) {
        this.#shift = this.end - this.#find();
        continue;
      }
      if (bytes.length < to - start) throw truncated(this.file.path);
      return { start, bytes };
    }
  }

  #holds(): boolean {
    const end = this.end - this.#shift;
    if (this.#size() < end) return false;
    const from = end - this.#sample.length;
    return this.#physical(from, end, this.#seen).equals(this.#sample);
  }

  /** Where the file's end of the beginning is now: it only moves up. */
  #find(): number {
    const { length } = this.#sample;
    const buffer = Buffer.allocUnsafe(LOOK_BYTES + SAMPLE_BYTES);
    let to = Math.min(this.#size(), this.end - this.#shift);
    while (to >= length) {
      const from = Math.max(0, to - LOOK_BYTES - length);
      const seen = this.#physical(from, to, buffer);
      const at = seen.lastIndexOf(this.#sample);
      if (at !== -1) return from + at + length;
      if (from === 0) break;
      to = from + length - 1;
    }
    throw truncated(this.file.path);
  }

  #size(): number {
    return attempt('look at', this.file.path, () => fstatSync(this.file.fd).size);
  }

  #physical(from: number, to: number, into: Buffer): Buffer {
    return readFully(this.file, from, to, into);
  }
}

/** The bytes `[from, to)` of a file as it is now; fewer where it ends before that. */
export function readFully({ fd, path }: OpenFile, from: number, to: number, into: Buffer): Buffer {
  let length = 0;
  while (from + length < to) {
    const at = from + length;
    const read = attempt('read', path, () => readSync(fd, into, length, to - at, at));
    if (read === 0) break;
    length += read;
  }
  return into.subarray(0, length);
}

/** Behind the last newline before `to`; 0: there is none. */
export function lastLineEnd(file: OpenFile, to: number): number {
  const buffer = Buffer.allocUnsafe(1 << 16);
  for (let end = to; end > 0;) {
    const from = Math.max(0, end - buffer.length);
    const newline = readFully(file, from, end, buffer).lastIndexOf(0x0a);
    if (newline !== -1) return from + newline + 1;
    end = from;
  }
  return 0;
}

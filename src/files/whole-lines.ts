// Reads what is appended to a file, and hands it over in whole lines.
import { readSync } from 'node:fs';
import { truncated, type OpenFile } from './read.js';
import { attempt } from '../errors/system-error.js';

const BUFFER_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/** Whole lines only: a file system may show a write before it is complete. */
export class WholeLines {
  /** The end of the last whole line taken over. */
  at: number;
  lines = 0;
  /** The end of what was read. */
  #seen: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);

  constructor(
    readonly file: OpenFile,
    from: number,
  ) {
    this.at = from;
    this.#seen = from;
  }

  /** How many bytes after the last whole line were read. */
  get unterminated(): number {
    return this.#seen - this.at;
  }

  /** Reads once. Gives `take` the lines that are complete now, in pieces of 1 MiB at most; false: nothing new. */
  read(take: (piece: Buffer) => void): boolean {
    const read = this.#readAt(this.#seen);
    if (read === 0) return false;
    const end = this.#buffer.lastIndexOf(NEWLINE, read - 1);
    const start = this.#seen;
    this.#seen += read;
    if (end === -1) return true;
    for (let index = this.#buffer.indexOf(NEWLINE); index !== -1 && index <= end;) {
      this.lines += 1;
      index = this.#buffer.indexOf(NEWLINE, index + 1);
    }
    this.#take(start, end + 1, take);
    this.at = start + end + 1;
    return true;
  }

  /** Hands over the unterminated rest; returns where it ends. */
  takeRest(take: (piece: Buffer) => void): number {
    this.at = this.#copy(this.at, this.#seen, take);
    return this.at;
  }

  /** Hands over what was held back, then `end` bytes of the buffer, which were read at `start`. */
  #take(start: number, end: number, take: (piece: Buffer) => void): void {
    if (this.at === start) {
      take(this.#buffer.subarray(0, end));
      return;
    }
    this.#copy(this.at, start + end, take);
  }

  #copy(from: number, to: number, take: (piece: Buffer) => void): number {
    let at = from;
    while (at < to) {
      const piece = Math.min(this.#readAt(at), to - at);
      if (piece === 0) throw truncated(this.file.path);
      take(this.#buffer.subarray(0, piece));
      at += piece;
    }
    return at;
  }

  #readAt(position: number): number {
    const { fd, path } = this.file;
    return attempt('read', path, () => readSync(fd, this.#buffer, 0, BUFFER_BYTES, position));
  }
}

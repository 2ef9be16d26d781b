import { readSync } from 'node:fs';
import { truncated, type OpenFile } from './read.js';
import { attempt } from '../errors/system-error.js';

const BUFFER_BYTES = 1 << 20;
const NEWLINE = 0x0a;

/**
 * Follows a file that others append to, whole lines only: a file system may show a write before it is
 * complete, and a line must never be taken over in halves.
 */
export class WholeLines {
  /** Behind the last whole line taken over. */
  at: number;
  /** Lines taken over. */
  lines = 0;
  /** Behind the last byte that was looked at. */
  #seen: number;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);

  constructor(
    readonly file: OpenFile,
    from: number,
  ) {
    this.at = from;
    this.#seen = from;
  }

  /** Bytes behind the last whole line, as far as they were seen. */
  get unterminated(): number {
    return this.#seen - this.at;
  }

  /**
   * One read. Hands the whole lines that it completed to `take`, as pieces of at most 1 MiB; false when
   * it brought nothing new.
   */
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

  /** Hands over the unterminated rest as well; returns where it ends. */
  takeRest(take: (piece: Buffer) => void): number {
    this.at = this.#copy(this.at, this.#seen, take);
    return this.at;
  }

  /** `end` bytes of the buffer, read at `start`, and before them what was held back. */
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

// Notices that a log was truncated and has grown again, by its last bytes.
import { fstatSync, readSync } from 'node:fs';
import { truncated, type OpenFile } from './read.js';
import { attempt } from '../errors/system-error.js';

const BYTES = 4096;

/** Remembers the last bytes of `[from, end)`. */
export class TailSample {
  readonly #bytes: Buffer;

  constructor(
    readonly file: OpenFile,
    readonly end: number,
    readonly from = 0,
  ) {
    this.#bytes = this.#read();
  }

  /** @throws {PapyraError} `try_again` when the log is not what it was. */
  assertUnchanged(): void {
    if (fstatSync(this.file.fd).size < this.end || !this.#read().equals(this.#bytes)) {
      throw truncated(this.file.path);
    }
  }

  #read(): Buffer {
    const { fd, path } = this.file;
    const buffer = Buffer.alloc(Math.min(BYTES, this.end - this.from));
    attempt('read', path, () => readSync(fd, buffer, 0, buffer.length, this.end - buffer.length));
    return buffer;
  }
}

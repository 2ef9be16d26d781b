// Writes plain records fast: one batch is made, and written again and again with other timestamps.
import { writeSync } from 'node:fs';
import { records } from '../support/records.js';

/** Of a batch: enough that no cache of a processor holds it. */
const COUNT = 100_000;
/** Ten digits, as all times of this century up to 2286. */
const DIGITS = 10;
const SOME_TIME = 1_000_000_000;

export class Batch {
  readonly #bytes: Buffer;
  /** Where each line starts, and the first digit of its timestamp; a last start is the end. */
  readonly #starts: number[] = [0];
  readonly #times: number[] = [];

  constructor(seed: number, count: number) {
    const lines = records({ seed, count: Math.min(count, COUNT), start: SOME_TIME, step: 0, odd: false }); // prettier-ignore
    const encoded: Buffer[] = [];
    let start = 0;
    for (const line of lines) {
      const bytes = Buffer.from(`${line}\n`);
      this.#times.push(start + bytes.lastIndexOf(`${SOME_TIME}.0`));
      encoded.push(bytes);
      start += bytes.length;
      this.#starts.push(start);
    }
    this.#bytes = Buffer.concat(encoded);
  }

  /** Writes so many records, the first of the time `start`, each a second after the one before; returns their bytes. */
  write(fd: number, count: number, start: number): number {
    let size = 0;
    for (let done = 0; done < count; done += this.#times.length) {
      const lines = Math.min(this.#times.length, count - done);
      for (let line = 0; line < lines; line++) {
        this.#bytes.write(String(start + done + line), this.#times[line]!, DIGITS, 'latin1');
      }
      size += writeAll(fd, this.#bytes.subarray(0, this.#starts[lines]));
    }
    return size;
  }
}

export function writeAll(fd: number, bytes: Buffer): number {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  return bytes.length;
}

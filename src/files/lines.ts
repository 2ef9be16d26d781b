// Reads a range of a file line by line.
import { readSync } from 'node:fs';
import type { OpenFile } from './read.js';
import { attempt } from '../errors/system-error.js';

const BUFFER_BYTES = 1 << 16;
const NEWLINE = 0x0a;

/** The whole lines of `[from, to)`, each with its newline; an unterminated rest is left out. */
export function* lines(file: OpenFile, from: number, to: number): Generator<Buffer> {
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let begun: Buffer[] = [];
  for (let at = from; at < to;) {
    const wanted = Math.min(BUFFER_BYTES, to - at);
    const position = at;
    const read = attempt('read', file.path, () => readSync(file.fd, buffer, 0, wanted, position));
    if (read === 0) return;
    let start = 0;
    for (;;) {
      const newline = buffer.subarray(0, read).indexOf(NEWLINE, start);
      if (newline === -1) break;
      yield Buffer.concat([...begun, buffer.subarray(start, newline + 1)]);
      begun = [];
      start = newline + 1;
    }
    if (start < read) begun.push(Buffer.from(buffer.subarray(start, read)));
    at += read;
  }
}

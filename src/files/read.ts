// Reads a range of a file in chunks, and defines the types that all reading code shares.
import { readSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { attempt } from '../errors/system-error.js';

/** Large enough that the cost of a call does not count, small enough to yield between two reads. */
const CHUNK_BYTES = 1 << 20;
/** Reads that start inside a page are two to three times slower: only the first read may do so. */
const PAGE_BYTES = 4096;

/** Called with the bytes of each piece of work. May throw to stop the work, or return a promise to delay it. */
export type Tick = (bytes: number) => Promise<void> | undefined;

/** An open file, and its path for messages. */
export interface OpenFile {
  fd: number;
  path: string;
}

/** The bytes `[from, to)`, or up to the end of the file. A chunk is valid only until the next one is asked for. */
export async function* chunks(
  file: OpenFile,
  from: number,
  to: number,
  tick: Tick,
  // With room for a first read that starts inside a page.
  buffer: Buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(0, to - from) + PAGE_BYTES)),
): AsyncGenerator<Uint8Array> {
  let at = from;
  while (at < to) {
    const wanted = Math.min(buffer.length - (at % PAGE_BYTES), to - at);
    const read = attempt('read', file.path, () => readSync(file.fd, buffer, 0, wanted, at));
    if (read === 0) return;
    yield buffer.subarray(0, read);
    at += read;
    const pause = tick(read);
    if (pause) await pause;
  }
}

/** The error for a log that is shorter than what was read of it: logs only grow. */
export function truncated(path: string): PapyraError {
  return new PapyraError('try_again', `${path} was truncated while papyra read it`, {
    hint: 'the log is as it was left; find out what truncates it, then run again',
  });
}

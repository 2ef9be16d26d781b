import { readSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { attempt } from '../errors/system-error.js';

/** Large enough that a read costs little more than its bytes, small enough to yield between two. */
const CHUNK_BYTES = 1 << 20;
/** Reads that start in the middle of a page are two to three times slower: only the first one does. */
const PAGE_BYTES = 4096;

/**
 * Called after every piece of work with the bytes it moved. May throw to stop the work, and may return
 * a promise to hold it up.
 */
export type Tick = (bytes: number) => Promise<void> | undefined;

/** An open file, and its path for messages. */
export interface OpenFile {
  fd: number;
  path: string;
}

/**
 * The bytes `[from, to)` of an open file, chunk by chunk. The chunk is one buffer, used again and
 * again: it is valid until the next one is asked for. Ends early where the file does.
 */
export async function* chunks(
  file: OpenFile,
  from: number,
  to: number,
  tick: Tick,
  buffer: Buffer = Buffer.allocUnsafe(CHUNK_BYTES),
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

/** A log only ever grows; one that is shorter than what was read is being truncated. */
export function truncated(path: string): PapyraError {
  return new PapyraError('try_again', `${path} was truncated while papyra read it`, {
    hint: 'the log is as it was left; find out what truncates it, then run again',
  });
}

import { readSync } from 'node:fs';
import { attempt } from './system-error.js';

/** Large enough that a read costs little more than its bytes, small enough to yield between two. */
const CHUNK_BYTES = 1 << 20;

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
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK_BYTES, to - from)));
  let at = from;
  while (at < to) {
    const wanted = Math.min(buffer.length, to - at);
    const read = attempt('read', file.path, () => readSync(file.fd, buffer, 0, wanted, at));
    if (read === 0) return;
    yield buffer.subarray(0, read);
    at += read;
    const pause = tick(read);
    if (pause) await pause;
  }
}

import { writeAll } from './durable.js';
import type { OpenFile, Tick } from './read.js';
import { attempt } from './system-error.js';

/** Appends pieces, each in one write, to a file; returns how many bytes there were. */
export async function copyPieces(
  pieces: AsyncIterable<Uint8Array>,
  to: OpenFile,
  onWrite: Tick,
): Promise<number> {
  let copied = 0;
  for await (const piece of pieces) {
    attempt('write', to.path, () => writeAll(to.fd, piece));
    copied += piece.length;
    const pause = onWrite(piece.length);
    if (pause) await pause;
  }
  return copied;
}

import { fdatasync } from 'node:fs';
import { promisify } from 'node:util';
import { writeAll } from './durable.js';
import type { OpenFile, Tick } from './read.js';
import { attempt, systemError } from './system-error.js';

/** The disk works while we do: so much is written at a time, not all of it at the end. */
const SYNC_BYTES = 16 << 20;

const syncData = promisify(fdatasync);

/** Appends pieces, each in one write, to a file; returns how many bytes there were. */
export async function copyPieces(
  pieces: AsyncIterable<Uint8Array>,
  to: OpenFile,
  onWrite: Tick,
): Promise<number> {
  let copied = 0;
  let synced = 0;
  let syncing = Promise.resolve();
  for await (const piece of pieces) {
    attempt('write', to.path, () => writeAll(to.fd, piece));
    copied += piece.length;
    if (copied - synced >= SYNC_BYTES) {
      await inWords(syncing, to);
      synced = copied;
      syncing = syncData(to.fd);
      // It is waited for, and its failure heard, before the next one and at the end.
      syncing.catch(() => {});
    }
    const pause = onWrite(piece.length);
    if (pause) await pause;
  }
  await inWords(syncing, to);
  return copied;
}

async function inWords(syncing: Promise<void>, { path }: OpenFile): Promise<void> {
  try {
    await syncing;
  } catch (error) {
    throw systemError(error, 'sync', path);
  }
}

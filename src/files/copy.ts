import { fdatasync, fstatSync, ftruncateSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { writeAll } from './durable.js';
import type { OpenFile, Tick } from './read.js';
import { attempt, systemError } from '../errors/system-error.js';

/** The disk works while we do: so much is written at a time, not all of it at the end. */
const SYNC_BYTES = 16 << 20;

const syncData = promisify(fdatasync);

/**
 * Appends pieces, each in one write, to a new file that nobody else writes to; returns how many bytes there were.
 * `keepHoles`: what comes from holes becomes holes again, so that a log does not take more space than it did.
 */
export async function copyChunks(
  pieces: AsyncIterable<Uint8Array>,
  to: OpenFile,
  onWrite: Tick,
  { keepHoles = false } = {},
): Promise<number> {
  let copied = 0;
  let synced = 0;
  let syncing = Promise.resolve();
  for await (const piece of pieces) {
    attempt('write', to.path, () => (keepHoles ? writeSparsely : writeAll)(to.fd, piece));
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

/** Blocks are missing that its size would need. */
export function isSparse({ size, blocks }: Pick<Stats, 'size' | 'blocks'>): boolean {
  return blocks * 512 < size;
}

/** A hole saves whole blocks: a shorter run of NULs may not contain one. */
const HOLE_BYTES = 8192;

/** Appends; runs of NULs are left out, and the file becomes as much longer. */
function writeSparsely(fd: number, piece: Uint8Array): void {
  let written = 0;
  for (let at = piece.indexOf(0); at !== -1; at = piece.indexOf(0, at)) {
    const start = at;
    while (piece[at] === 0) at += 1;
    if (at - start < HOLE_BYTES) continue;
    writeAll(fd, piece.subarray(written, start));
    ftruncateSync(fd, fstatSync(fd).size + at - start);
    written = at;
  }
  writeAll(fd, piece.subarray(written));
}

async function inWords(syncing: Promise<void>, { path }: OpenFile): Promise<void> {
  try {
    await syncing;
  } catch (error) {
    throw systemError(error, 'sync', path);
  }
}

// Writes the next content of a log: copies pieces of data, shares ranges, and keeps the holes of a sparse file.
import { fdatasync, fstatSync, ftruncateSync, type Stats } from 'node:fs';
import { promisify } from 'node:util';
import { appendShared, type SharedRange } from './clone.js';
import { writeAll } from './durable.js';
import type { OpenFile, Tick } from './read.js';
import { startWriteback } from '../system/page-cache.js';
import { attempt, systemError } from '../errors/system-error.js';

/** After so many bytes the disk begins to write them, while we read on. */
const WRITEBACK_BYTES = 8 << 20;
/**
 * After so many bytes the sync before must have ended, so that the last one is short, and a signal is obeyed soon. A sync
 * for each 16 MB in place of writeback takes a quarter longer: each one writes the journal, too.
 */
const SYNC_BYTES = 16 * WRITEBACK_BYTES;

/** Less than this is no matter, or a large block. */
const RESERVE_BYTES = 1 << 20;

const syncData = promisify(fdatasync);

/** What the next content of a log is made of, in order. A piece is valid until the next one is asked for. */
export type Content = AsyncIterable<Uint8Array | SharedRange>;

/**
 * Appends pieces to a new file that nobody else writes to. With `keepHoles` long runs of NULs become holes, so that a
 * sparse log does not take more space than before.
 */
export async function copyChunks(
  pieces: Content,
  to: OpenFile,
  onWrite: Tick,
  { keepHoles }: { keepHoles: boolean },
): Promise<void> {
  let [copied, begun, synced] = [0, 0, 0];
  let end = fstatSync(to.fd).size;
  let syncing = Promise.resolve();
  const append = (piece: Uint8Array): void => {
    attempt('write', to.path, () => (keepHoles ? writeSparsely : writeAll)(to.fd, piece));
  };
  for await (const piece of pieces) {
    if (!(piece instanceof Uint8Array)) {
      await appendShared(piece, { ...to, append }, onWrite);
      continue;
    }
    append(piece);
    copied += piece.length;
    if (copied - begun >= WRITEBACK_BYTES) {
      const { size } = fstatSync(to.fd);
      startWriteback(to.fd, end, size - end);
      [begun, end] = [copied, size];
    }
    if (copied - synced >= SYNC_BYTES) {
      await inWords(syncing, to);
      synced = copied;
      syncing = syncData(to.fd);
      // The next sync, or the end, waits for this one and reports its failure.
      syncing.catch(() => {});
    }
    const pause = onWrite(piece.length);
    if (pause) await pause;
  }
  await inWords(syncing, to);
  attempt('write', to.path, () => cutReserve(to.fd));
}

/**
 * XFS keeps blocks ready behind the end of a file that grew, up to as many as it has, and not all versions give them back
 * when it is closed: half of what a rewrite frees would be taken again. Nobody else may write to the file.
 */
function cutReserve(fd: number): void {
  const { size, blocks } = fstatSync(fd);
  if (blocks * 512 > size + RESERVE_BYTES) ftruncateSync(fd, size);
}

/** Whether a file has fewer blocks than its size needs. */
export function isSparse({ size, blocks }: Pick<Stats, 'size' | 'blocks'>): boolean {
  return blocks * 512 < size;
}

/** A shorter run of NULs may contain no whole block, so a hole would save nothing. */
const HOLE_BYTES = 8192;

/** Appends; long runs of NULs are not written, only added to the size of the file. */
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

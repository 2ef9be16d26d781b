// Computes how much space a file takes on the disk, how much a removal will free, and how much there is.
import { lstatSync, statfsSync, type Stats } from 'node:fs';
import { isSparse } from './copy.js';

/** The unit of `blocks` in stat(2), whatever the block size of the file system is. */
export const BLOCK_BYTES = 512;

/** In bytes; 0: there is no such file. */
export function spaceOf(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK_BYTES;
}

/** How many bytes of disk a file frees when it loses `going` bytes. null: unknown before, as the file has holes. */
export function spaceGoing(
  directory: string,
  stat: Pick<Stats, 'size' | 'blocks'>,
  going: number,
): number | null {
  if (going === 0) return 0;
  if (isSparse(stat)) return null;
  const { bsize } = statfsSync(directory);
  return stat.blocks * BLOCK_BYTES - Math.ceil((stat.size - going) / bsize) * bsize;
}

/** Bytes of the file system of a directory as df(1) counts them: without what is reserved for root. */
export function diskRoom(directory: string): { free: number; total: number } {
  const { blocks, bfree, bavail, bsize } = statfsSync(directory);
  return { free: bavail * bsize, total: (blocks - bfree + bavail) * bsize };
}

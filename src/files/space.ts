import { lstatSync, statfsSync, type Stats } from 'node:fs';
import { isSparse } from './copy.js';

/** stat(2) counts in these, whatever the blocks of the file system are. */
export const BLOCK_BYTES = 512;

/** Bytes that a file takes on the disk; 0 when it is not there. */
export function spaceOf(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK_BYTES;
}

/**
 * How much less a file will take on the disk when it has `going` bytes less. null: not to be told before it is
 * done, because it has holes.
 */
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

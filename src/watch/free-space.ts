// Measures what a file system has free, and says how much is lacking.
import { stat, statfs } from 'node:fs/promises';
import type { Amount } from '../units/units.js';

export interface Place {
  directory: string;
  /** Tells file systems apart. */
  device: number;
}

export async function placeOf(directory: string): Promise<Place> {
  const { dev } = await stat(directory);
  return { directory, device: dev };
}

export interface Space {
  /** Bytes that a user without privileges can still write. */
  free: number;
  /** Bytes that must be free. */
  wanted: number;
}

/** `minFree`: how much must stay free; a share is one of the file system. */
export async function spaceAt({ directory }: Place, minFree: Amount): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(directory);
  const wanted = 'bytes' in minFree ? minFree.bytes : Math.ceil(minFree.share * blocks * bsize);
  return { free: bavail * bsize, wanted };
}

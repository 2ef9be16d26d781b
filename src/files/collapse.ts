import { closeSync, fstatSync, ftruncateSync, statfsSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { codeOf } from '../system/library.js';
import { openNameless } from '../system/nameless.js';
import * as space from '../system/space.js';
import { FILLER_BYTES } from './filler.js';
import type { OpenFile } from './read.js';
import { errnoOf, systemError } from '../errors/system-error.js';

/** File systems that can remove a range of a file (statfs f_type), for where it cannot be tried out. */
const ABLE = [0xef53 /* ext4 */, 0x58465342 /* xfs */, 0x794c7630 /* overlay */];

/** No file system gives space in larger pieces. */
export const LARGEST_UNIT = 256 << 20;

/**
 * What a file system removes ranges in multiples of: tried out on a nameless file in the directory. The block
 * is not enough to know: bigalloc of ext4 has larger clusters, and ext2 and ext3, which have its number, cannot.
 *
 * @throws {PapyraError} `io_error` where ranges cannot be removed.
 */
export function collapseUnit(directory: string): number {
  const { bsize, type } = statfsSync(directory);
  let fd: number | undefined;
  try {
    fd = openNameless(directory);
  } catch (error) {
    // Whoever may make no file there may only look; a run fails before it comes here.
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EROFS') throw systemError(error, 'make a file in', directory); // prettier-ignore
  }
  if (fd === undefined) {
    if (ABLE.includes(type)) return bsize;
    throw cannotCollapse(directory, undefined);
  }
  try {
    return tryUnits(fd, directory, bsize);
  } finally {
    closeSync(fd);
  }
}

function tryUnits(fd: number, directory: string, block: number): number {
  for (let unit = block; unit <= LARGEST_UNIT; unit *= 2) {
    // Nothing but a hole: it takes no space.
    ftruncateSync(fd, 3 * unit);
    try {
      space.collapseRange(fd, unit, unit);
      if (fstatSync(fd).size === 2 * unit) return unit;
      break;
    } catch (error) {
      if (error instanceof PapyraError) throw error;
      if (codeOf(error) !== 'EINVAL') throw cannotCollapse(directory, codeOf(error));
    }
  }
  throw cannotCollapse(directory, undefined);
}

function cannotCollapse(directory: string, code: string | undefined): PapyraError {
  return new PapyraError(
    'io_error',
    `--in-place cannot work on the file system of ${directory}: it cannot remove a range of a file${code === undefined ? '' : ` (${code})`}`,
    {
      hint: 'nothing was done; it needs ext4 or xfs on Linux. Free some space and compact without --in-place',
    },
  );
}

/** How much of a head can go when `keep` is the first byte that stays; 0: not one unit. */
export function removable(unit: number, keep: number): number {
  // Below it there must be room for a filler, too.
  const align = Math.floor((keep - FILLER_BYTES) / unit) * unit;
  return align < Math.max(unit, FILLER_BYTES) ? 0 : align;
}

/** Removes `[offset, offset + length)` of an open file: what is behind it moves up, without a copy. */
export function collapseRange(file: OpenFile, offset: number, length: number): void {
  try {
    space.collapseRange(file.fd, offset, length);
  } catch (error) {
    if (error instanceof PapyraError) throw error;
    throw new PapyraError(
      'io_error',
      `cannot remove the head of ${file.path} in place: ${codeOf(error) ?? String(error)}`,
      { hint: 'every record is still there; compact without --in-place', cause: error },
    );
  }
}

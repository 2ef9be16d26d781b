// Removes ranges of a file (fallocate with FALLOC_FL_COLLAPSE_RANGE), and finds out in what units a file system can.
import { closeSync, fstatSync, ftruncateSync, statfsSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { codeOf } from '../system/library.js';
import { openNameless } from '../system/nameless.js';
import * as space from '../system/space.js';
import { FILLER_BYTES } from './filler.js';
import type { OpenFile } from './read.js';
import { errnoOf, systemError } from '../errors/system-error.js';

/** File systems (statfs f_type) that can remove a range of a file: used where it cannot be tried out. */
const ABLE = [0xef53 /* ext4 */, 0x58465342 /* xfs */, 0x794c7630 /* overlay */];

/** No file system has a larger allocation unit. */
export const LARGEST_UNIT = 256 << 20;

/**
 * The unit of the ranges that a file system removes, tried out on a nameless file in the directory. The block size
 * does not tell: ext4 with bigalloc has larger clusters; ext2 and ext3, which have the number of ext4, remove nothing.
 *
 * @throws {PapyraError} `io_error` where ranges cannot be removed.
 */
export function collapseUnit(directory: string): number {
  const { bsize, type } = statfsSync(directory);
  let fd: number | undefined;
  try {
    fd = openNameless(directory);
  } catch (error) {
    // Who may make no file there can only do a dry run: other runs fail before they come here.
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
    // A hole, which takes no space.
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

/** How many bytes of a head can be removed if `keep` is the first byte that stays; 0: not one unit. */
export function removable(unit: number, keep: number): number {
  // There must be room for a filler before and after it.
  const align = Math.floor((keep - FILLER_BYTES) / unit) * unit;
  return align < Math.max(unit, FILLER_BYTES) ? 0 : align;
}

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

// Calls fallocate(2) to remove ranges of a file, and lseek(2) for offsets and holes.
import { call } from './library.js';

const FALLOCATE = 'int fallocate(int fd, int mode, int64_t offset, int64_t length)';
const FALLOC_FL_COLLAPSE_RANGE = 8;

/**
 * Removes `[offset, offset + length)` without a copy: what is behind it moves up. Both must be multiples of the unit of
 * the file system (files/collapse.ts), and the range must end before the file does.
 *
 * Synchronous: in another thread errno would be lost.
 */
export function collapseRange(fd: number, offset: number, length: number): void {
  call(FALLOCATE, fd, FALLOC_FL_COLLAPSE_RANGE, offset, length);
}

const LSEEK = 'int64_t lseek(int fd, int64_t offset, int whence)';
const SEEK_CUR = 1;
const SEEK_HOLE = 4;

/** The offset of a descriptor: where its last write ended, also with O_APPEND. */
export function offsetOf(fd: number): number {
  return call(LSEEK, fd, 0, SEEK_CUR);
}

/** The first byte of a hole at or after `offset`, or the end of the file. Moves the offset of the descriptor. */
export function holeFrom(fd: number, offset: number): number {
  return call(LSEEK, fd, offset, SEEK_HOLE);
}

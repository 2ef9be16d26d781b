import { call } from './library.js';

const FALLOCATE = 'int fallocate(int fd, int mode, int64_t offset, int64_t length)';
const FALLOC_FL_COLLAPSE_RANGE = 8;

/**
 * Removes `[offset, offset + length)` of an open file; what is behind it moves up, without a copy. Both must be
 * multiples of what the file system gives space in, and the range must end before the file does.
 *
 * Waits until it is done. It is not asynchronous: the number of an error would stay in the other thread.
 */
export function collapseRange(fd: number, offset: number, length: number): void {
  call(FALLOCATE, fd, FALLOC_FL_COLLAPSE_RANGE, offset, length);
}

const LSEEK = 'int64_t lseek(int fd, int64_t offset, int whence)';
const SEEK_CUR = 1;
const SEEK_HOLE = 4;

/** Where the last write of a descriptor ended, also one with O_APPEND. */
export function offsetOf(fd: number): number {
  return call(LSEEK, fd, 0, SEEK_CUR);
}

/**
 * The first byte at or behind `offset` that is in a hole; what is behind the end of the file counts as one. Moves the
 * descriptor's own offset.
 */
export function holeFrom(fd: number, offset: number): number {
  return call(LSEEK, fd, offset, SEEK_HOLE);
}

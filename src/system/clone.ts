// Shares blocks between files (ioctl FICLONERANGE), and writes a file system to its disk (syncfs).
import { ioctlWrite } from './ioctl.js';
import { call } from './library.js';

/** FICLONERANGE, without its direction. */
const CLONE_RANGE = 0x20940d;
/** struct file_clone_range of linux/fs.h. */
const RANGE_BYTES = 32;

/**
 * Lets `[offset, offset + length)` of one file be found in another one at `target`, without a copy. All three must be
 * multiples of the block size. The other file must not be open for appending.
 *
 * Synchronous: in another thread errno would be lost.
 */
export function cloneRange(
  from: number,
  offset: number,
  length: number,
  to: number,
  target: number,
): void {
  const range = Buffer.alloc(RANGE_BYTES);
  [from, offset, length, target].forEach((value, index) => {
    range.writeBigInt64LE(BigInt(value), index * 8);
  });
  ioctlWrite(to, CLONE_RANGE, range);
}

/** Only then a file system such as btrfs counts the blocks of removed files as free. */
export function syncFileSystem(fd: number): void {
  call('int syncfs(int fd)', fd);
}

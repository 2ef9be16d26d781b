// Tells the kernel what to do with the pages of a file. These are hints: nothing depends on them.
import { call, callAside } from './library.js';

const SYNC_FILE_RANGE_WRITE = 2;
const POSIX_FADV_DONTNEED = 4;

/** To do less beside other work is not worth a thread. */
const LEAST_BYTES = 64 << 20;

/** The disk begins to write these bytes. Does not wait, and makes nothing durable. */
export function startWriteback(fd: number, offset: number, bytes: number): void {
  try {
    call('int sync_file_range(int fd, int64_t offset, int64_t bytes, unsigned int flags)', fd, offset, bytes, SYNC_FILE_RANGE_WRITE); // prettier-ignore
  } catch {
    // Some systems have no such call, and some file systems refuse it.
  }
}

/** Gives back the first pages of a large file beside other work. Ends when that is done; the file must stay open. */
export async function forgetPages(fd: number, bytes: number): Promise<void> {
  if (bytes < LEAST_BYTES) return;
  try {
    await callAside('int posix_fadvise(int fd, int64_t offset, int64_t bytes, int advice)', fd, 0, bytes, POSIX_FADV_DONTNEED); // prettier-ignore
  } catch {
    // As above.
  }
}

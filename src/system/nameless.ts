// Makes files without a name, on which it is tried out what a file system can do.
import { constants, openSync } from 'node:fs';
import { call, codeOf } from './library.js';

/** Linux: the same number on all architectures; Node does not define it. */
const O_TMPFILE = 0o20_000_000 | constants.O_DIRECTORY;

/**
 * Opens a new file without a name, which is gone when it is closed. undefined where the file system has no such files.
 *
 * @throws {NodeJS.ErrnoException} why no file can be made in that directory.
 */
export function openNameless(directory: string): number | undefined {
  try {
    return openSync(directory, O_TMPFILE | constants.O_RDWR | constants.O_EXCL, 0o600);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'ENOSYS', 'EINVAL'].includes(code)) return undefined;
    throw error;
  }
}

const LINKAT = 'int linkat(int from, const char *path, int to, const char *name, int flags)';
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;

/**
 * Whether the kernel would make a hard link in a directory. A nameless file that was opened with O_EXCL can never get a
 * name, but the kernel says so (ENOENT) only after all other checks.
 *
 * @returns undefined: it would; else the code of the error.
 */
export function whyNoLink(nameless: number, name: string): string | undefined {
  try {
    call(LINKAT, AT_FDCWD, `/proc/self/fd/${nameless}`, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
  } catch (error) {
    const code = codeOf(error);
    // EEXIST: this name is taken; others may be free.
    return code === 'ENOENT' || code === 'EEXIST' ? undefined : code;
  }
  return undefined;
}

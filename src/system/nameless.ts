import { constants, openSync } from 'node:fs';
import { call, codeOf } from './library.js';

/** Linux: the same number on all architectures, and no part of what Node knows. */
const O_TMPFILE = 0o20_000_000 | constants.O_DIRECTORY;

/**
 * Opens a new file of a directory that has no name and is gone when it is closed: what a file system can do is
 * tried on it, and nobody ever sees it. undefined where there is no such thing.
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
 * Whether the kernel would make a second name in a directory. A nameless file that was opened with O_EXCL must
 * never get one: the kernel says so (ENOENT) only after everything else that could stand in the way.
 *
 * @returns undefined: it would; else why not.
 */
export function whyNoLink(nameless: number, name: string): string | undefined {
  try {
    call(LINKAT, AT_FDCWD, `/proc/self/fd/${nameless}`, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
  } catch (error) {
    const code = codeOf(error);
    // EEXIST: the name is taken, which says nothing of others.
    return code === 'ENOENT' || code === 'EEXIST' ? undefined : code;
  }
  return undefined;
}

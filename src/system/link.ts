// Asks the kernel whether it would make a hard link.
import { call, codeOf } from './library.js';

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

// Opens files without a name.
import { constants, openSync } from 'node:fs';

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
    const code = String((error as NodeJS.ErrnoException).code);
    if (['ENOTSUP', 'EOPNOTSUPP', 'EISDIR', 'ENOSYS', 'EINVAL'].includes(code)) return undefined;
    throw error;
  }
}

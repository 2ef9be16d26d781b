import { lstatSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';

/** Whether what has the name of a lock file is none. */
export function isOddLock(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === false;
}

/** What somebody else has put in the place of the lock file is not locked. */
export function oddLock(path: string): PapyraError {
  return new PapyraError('io_error', `the lock ${path} is not a regular file`, {
    hint: `look at it with ls -ld ${path}, and move it away; nothing was done`,
  });
}

/**
 * @throws {PapyraError} `io_error` where the lock file is none.
 */
export function assertLockFile(path: string): void {
  if (isOddLock(path)) throw oddLock(path);
}

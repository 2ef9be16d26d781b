// Checks that what has the name of a lock file is a regular file.
import { lstatSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';

/** Whether something other than a regular file has the name of a lock file. */
export function isOddLock(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === false;
}

export function oddLock(path: string): PapyraError {
  return new PapyraError('io_error', `the lock ${path} is not a regular file`, {
    hint: `look at it with ls -ld ${path}, and move it away; nothing was done`,
  });
}

/** @throws {PapyraError} `io_error` when something else has the name of the lock file. */
export function assertLockFile(path: string): void {
  if (isOddLock(path)) throw oddLock(path);
}

// Makes paths absolute, also when the working directory has been deleted.
import { isAbsolute, resolve } from 'node:path';
import { PapyraError } from '../errors/errors.js';

/** The given directory, or that of this process; null when it was deleted. */
export function workingDirectory(given: string | undefined): string | null {
  try {
    return given === undefined ? process.cwd() : resolve(given);
  } catch {
    return null;
  }
}

/** @throws {PapyraError} `config_invalid` for a relative path when there is no directory to start at. */
export function startingAt(directory: string | null, path: string): string {
  if (isAbsolute(path)) return resolve(path);
  if (directory === null) throw noWorkingDirectory(`${path} is relative to it`);
  return resolve(directory, path);
}

export function noWorkingDirectory(why: string): PapyraError {
  return new PapyraError('config_invalid', `the working directory cannot be read: ${why}`, {
    hint: 'it may have been deleted; change to another one, or use absolute paths',
  });
}

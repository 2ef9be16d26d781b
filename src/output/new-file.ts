// Writes a result to a new file that only its owner may read, and never over an existing one.
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';

/** @throws {PapyraError} `usage` when the name exists already. */
export function writeNewFile(path: string, text: string): void {
  const fd = create(path);
  try {
    writeFileSync(fd, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** `wx` (O_EXCL) follows no link, and opens no file that somebody made a moment ago. */
function create(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new PapyraError('usage', `${path} is there already: it is not overwritten`, {
      hint: 'name another file, or move that one away',
      cause: error,
    });
  }
}

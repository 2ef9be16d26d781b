// Makes the directory that an operator names for files to be kept, where it is not there yet.
import { mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { attempt } from '../errors/system-error.js';
import { holdDirectory } from './directory.js';
import { resolveTo } from './resolve.js';

/**
 * Makes the last part of the path alone: the directory above must be there. A link on the way is followed as resolve.ts
 * says.
 *
 * @throws {PapyraError} naming the directory that cannot be made.
 */
export function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  attempt('make the directory', path, () => {
    const above = holdDirectory(resolveTo(dirname(path)));
    try {
      mkdirSync(join(above.path, basename(path)), 0o750);
    } finally {
      above.close();
    }
  });
}

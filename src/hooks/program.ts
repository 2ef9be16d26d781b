// Finds the file that a hook executes.
import { existsSync, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { isProgram, USUAL_PATH } from '../files/program.js';

/**
 * A name with a slash is a path from `directory` on; any other name is looked for on the PATH. The caller checks the
 * owner of this file and executes the same one.
 *
 * @throws {PapyraError} `config_invalid` when there is none that can be executed.
 */
export function findProgram(name: string, directory: string, hook: string): string {
  const isPath = name.includes('/');
  const path = process.env['PATH'] || USUAL_PATH;
  const places = isPath ? [directory] : path.split(delimiter).map((at) => resolve(directory, at));
  const candidates = places.map((place) => resolve(place, name));
  const found = candidates.find(isProgram);
  if (found !== undefined) return found;
  const there = candidates.find((candidate) => existsSync(candidate));
  throw new PapyraError(
    'config_invalid',
    `the ${hook} hook ${name} ${there === undefined ? 'was not found' : `cannot be executed: ${there} is no program, or not one for this user`}`,
    { hint: hintFor(there, isPath, directory, path) },
  );
}

function hintFor(
  there: string | undefined,
  isPath: boolean,
  directory: string,
  path: string,
): string {
  if (there !== undefined && statSync(there).isDirectory()) {
    return `${there} is a directory: name the program in it`;
  }
  if (there !== undefined) return `make it executable: chmod +x ${there}`;
  return isPath
    ? `mend the path in the configuration; relative ones start at ${directory}`
    : `name it with its path, or add its directory to the PATH, which is ${path}`;
}

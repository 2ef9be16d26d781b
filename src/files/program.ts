// Tells whether a file is a program, and where programs are looked for.
import { accessSync, constants, statSync } from 'node:fs';

/** Used when there is no PATH. */
export const USUAL_PATH = '/usr/bin:/bin';

/** A file that this user may execute. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

// Says whether there is a configuration, without executing or trusting any.
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { OF_OTHERS, OWN_PLACES, PROJECT_PLACES, upwards } from './discover.js';
import { workingDirectory } from './working-directory.js';

/** Looks in the places of discover.ts, and for the variables that name a configuration or a log. */
export function looksConfigured(env: NodeJS.ProcessEnv): boolean {
  if (env['PAPYRA_CONFIG'] || env['PAPYRA_PATH']) return true;
  const own = [join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'papyra'), '/etc/papyra']; // prettier-ignore
  const has = (places: readonly string[]) => (directory: string) => places.some((place) => isOurs(join(directory, place))); // prettier-ignore
  return [...upwards(workingDirectory(undefined))].some(has(PROJECT_PLACES)) || own.some(has(OWN_PLACES)); // prettier-ignore
}

/** A file that papyra shares with others is a configuration when its name is in it. */
function isOurs(file: string): boolean {
  try {
    if (!statSync(file).isFile()) return false;
    return !OF_OTHERS.includes(basename(file)) || /"papyra"\s*:|\btool\.papyra\b/.test(readFileSync(file, 'utf8')); // prettier-ignore
  } catch {
    return false;
  }
}

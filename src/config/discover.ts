// Finds the configuration file: the one that was named, or the first one in the usual places.
import { lstatSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { errnoOf } from '../errors/system-error.js';
import { startingAt } from './working-directory.js';

export interface FoundConfig {
  file: string;
  /** Named by `--config` or PAPYRA_CONFIG. */
  explicit: boolean;
  content: unknown;
}

const DATA = ['json', 'yaml', 'yml', 'toml'];
const CODE = ['js', 'mjs', 'cjs', 'ts'];

/** Files in which papyra may have a section. */
export const OF_OTHERS = ['package.json', 'pyproject.toml'];

/** From the working directory up. */
export const PROJECT_PLACES = [
  '.papyrarc',
  ...[...DATA, ...CODE].map((extension) => `.papyrarc.${extension}`),
  ...[...DATA, ...CODE].map((extension) => `papyra.config.${extension}`),
  ...OF_OTHERS,
];

/** In `~/.config/papyra` and `/etc/papyra`, the file may also be called `config.EXTENSION`. */
export const OWN_PLACES = [
  ...[...DATA, ...CODE].map((extension) => `config.${extension}`),
  ...PROJECT_PLACES.slice(0, -OF_OTHERS.length),
];

/**
 * Reads the named file, or else searches from the working directory up, then in `$XDG_CONFIG_HOME/papyra`,
 * then in `/etc/papyra`. null when there is none.
 *
 * @throws {PapyraError} `config_invalid` when a file cannot be parsed or trusted, `permission_denied`
 * when it cannot be read.
 */
export async function discoverConfig(
  named: string | undefined,
  cwd: string | null,
  env: NodeJS.ProcessEnv,
): Promise<FoundConfig | null> {
  if (named !== undefined) return loadNamed(startingAt(cwd, named));
  const config = env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config');
  for (const directory of upwards(cwd)) {
    const found = await lookIn(directory, PROJECT_PLACES);
    if (found) return found;
  }
  return (
    (await lookIn(join(config, 'papyra'), OWN_PLACES)) ?? (await lookIn('/etc/papyra', OWN_PLACES))
  );
}

export function* upwards(from: string | null): Generator<string> {
  let directory = from;
  while (directory !== null) {
    yield directory;
    const parent = dirname(directory);
    directory = parent === directory ? null : parent;
  }
}

async function lookIn(directory: string, places: string[]): Promise<FoundConfig | null> {
  const isOwn = places === OWN_PLACES;
  for (const place of places) {
    const file = join(directory, place);
    if (!isThere(file, isOwn)) continue;
    const content = await read(file, false);
    if (content !== undefined) return { file, explicit: false, content };
  }
  return null;
}

/**
 * Whether there is a file, or a link to one. A file in a directory that this user may not search counts as missing.
 *
 * @throws {PapyraError} `config_invalid` for a link that leads nowhere: somebody meant it to be used, so the search
 * must not go on to another file; `permission_denied` for a directory of papyra's own that this user may not search.
 */
function isThere(file: string, isOwn: boolean): boolean {
  try {
    // An error for each place where nothing is takes longer than all the rest of the search.
    if (!lstatSync(file, { throwIfNoEntry: false })) return false;
  } catch (error) {
    const isClosed = isOwn && errnoOf(error) === 'EACCES' && isSeen(dirname(file));
    if (isClosed) throw forbidden(dirname(file), error);
    return false;
  }
  try {
    return statSync(file).isFile();
  } catch (error) {
    // Its target cannot be reached by this user: the error comes when the file is read.
    if (errnoOf(error) === 'EACCES') return true;
    if (OF_OTHERS.includes(basename(file))) return false;
    throw new PapyraError(
      'config_invalid',
      `configuration ${file} is a link that leads nowhere: ${errnoOf(error)}`,
      { hint: 'mend or remove the link; nothing was done', cause: error },
    );
  }
}

function isSeen(directory: string): boolean {
  try {
    return lstatSync(directory).isDirectory();
  } catch {
    return false;
  }
}

function forbidden(directory: string, cause: unknown): PapyraError {
  return new PapyraError('permission_denied', `cannot look for a configuration in ${directory}`, {
    hint: 'run papyra as a user that may read it, or name the file: --config',
    cause,
  });
}

async function loadNamed(file: string): Promise<FoundConfig> {
  const stat = statSync(file, { throwIfNoEntry: false });
  // Reading a pipe could wait forever.
  if (stat && !stat.isFile() && !stat.isDirectory()) {
    throw new PapyraError('config_invalid', `configuration ${file} is not a regular file`, {
      hint: 'name a file; nothing was done',
    });
  }
  const content = await read(file, true);
  if (content === undefined) {
    throw new PapyraError('config_invalid', `configuration ${file} has nothing for papyra in it`, {
      hint: 'it needs a persistence section; see man papyra-config',
    });
  }
  return { file, explicit: true, content };
}

/** Loads read-config.ts only when there is a file, because it loads a parser of YAML. */
async function read(file: string, explicit: boolean): Promise<unknown> {
  const { readConfig } = await import('./read-config.js');
  return readConfig(file, explicit);
}

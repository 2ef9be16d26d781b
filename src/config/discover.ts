import { lstatSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { PapyraError } from '../errors.js';
import { startingAt } from './working-directory.js';

export interface FoundConfig {
  file: string;
  /** Named by `--config` or PAPYRA_CONFIG. */
  explicit: boolean;
  content: unknown;
}

const DATA = ['json', 'yaml', 'yml', 'toml'];
const CODE = ['js', 'mjs', 'cjs', 'ts'];

/** From the working directory up. */
const PROJECT_PLACES = [
  '.papyrarc',
  ...[...DATA, ...CODE].map((extension) => `.papyrarc.${extension}`),
  ...[...DATA, ...CODE].map((extension) => `papyra.config.${extension}`),
  'package.json',
  'pyproject.toml',
];

/** In a directory that is papyra's own, the file may also simply be called `config`. */
const OWN_PLACES = [
  ...[...DATA, ...CODE].map((extension) => `config.${extension}`),
  ...PROJECT_PLACES.slice(0, -2),
];

/**
 * Finds and reads the configuration: the named file, or the first one from the working directory up,
 * then in `$XDG_CONFIG_HOME/papyra`, then in `/etc/papyra`. null when there is none.
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

function* upwards(from: string | null): Generator<string> {
  let directory = from;
  while (directory !== null) {
    yield directory;
    const parent = dirname(directory);
    directory = parent === directory ? null : parent;
  }
}

async function lookIn(directory: string, places: string[]): Promise<FoundConfig | null> {
  for (const file of places.map((place) => join(directory, place)).filter(isThere)) {
    const content = await read(file, false);
    if (content !== undefined) return { file, explicit: false, content };
  }
  return null;
}

/** A file, or a link to one. Where this user may not even look, there is none for this user. */
function isThere(file: string): boolean {
  try {
    lstatSync(file);
  } catch {
    return false;
  }
  try {
    return statSync(file).isFile();
  } catch (error) {
    // A link that leads nowhere is none; one that leads where nobody may look is one that fails.
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

async function loadNamed(file: string): Promise<FoundConfig> {
  const stat = statSync(file, { throwIfNoEntry: false });
  // A pipe would be waited for.
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

/** Loaded only when there is something to read: it brings a parser of YAML with it. */
async function read(file: string, explicit: boolean): Promise<unknown> {
  const { readConfig } = await import('./read-config.js');
  return readConfig(file, explicit);
}

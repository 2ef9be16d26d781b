import { lstatSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Loaders } from 'cosmiconfig';
import { Explorer } from 'cosmiconfig/dist/Explorer.js';
import { PapyraError } from '../errors.js';
import { importDefault } from './import-module.js';
import { parseJson, parseToml, parseYaml, type Parse } from './parse.js';
import { assertTrusted } from './trust.js';
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
  const explorer = explorerOf(loaders(false));
  for (const file of places.map((place) => join(directory, place)).filter(isThere)) {
    const result = await reading(file, () => explorer.load(file));
    if (result && !result.isEmpty) return { file, explicit: false, content: result.config };
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
  const explorer = explorerOf(loaders(true));
  const result = await reading(file, () => explorer.load(file));
  if (!result || result.isEmpty) {
    throw new PapyraError('config_invalid', `configuration ${file} has nothing for papyra in it`, {
      hint: 'it needs a persistence section; see man papyra-config',
    });
  }
  return { file, explicit: true, content: result.config };
}

/**
 * The explorer inside cosmiconfig. Its front door first looks for settings of its own, and executes
 * `.config/config.js` of whatever directory we happen to stand in, before any of our loaders is asked.
 */
function explorerOf(using: Loaders): Explorer {
  return new Explorer({
    moduleName: 'papyra',
    packageProp: 'papyra',
    searchPlaces: [],
    searchStrategy: 'none',
    loaders: using,
    ignoreEmptySearchPlaces: true,
    cache: false,
    transform: (result) => result,
    metaConfigFilePath: null,
    mergeImportArrays: true,
    mergeSearchPlaces: true,
  });
}

/** cosmiconfig's own loaders execute whatever they find: ours ask first. */
function loaders(explicit: boolean): Loaders {
  const ask = (file: string, code: boolean) =>
    assertTrusted({ file, what: 'configuration', code, explicit });
  const data = (parse: Parse) => async (file: string, content: string) => {
    const shared = SHARED[basename(file)];
    if (shared === undefined) {
      ask(file, false);
      return parse(content);
    }
    // It is there for others. Whose it is matters once it has something for papyra.
    const document = await parse(content);
    if (shared(document) !== undefined) ask(file, false);
    return document;
  };
  const code = async (file: string): Promise<unknown> => {
    ask(file, true);
    return importDefault(file);
  };
  const yaml = data(parseYaml);
  return {
    noExt: yaml,
    '.yaml': yaml,
    '.yml': yaml,
    '.json': data(parseJson),
    '.toml': async (file, content) => {
      const document: unknown = await data(parseToml)(file, content);
      const section = SHARED[basename(file)];
      return section ? (section(document) ?? null) : document;
    },
    '.js': code,
    '.mjs': code,
    '.cjs': code,
    '.ts': code,
  };
}

/** Files that belong to other programs, too, and where papyra's section is in them. */
const SHARED: Record<string, ((document: unknown) => unknown) | undefined> = {
  'package.json': (document) => (document as { papyra?: unknown } | null)?.papyra,
  'pyproject.toml': (document) => (document as { tool?: { papyra?: unknown } }).tool?.papyra,
};

async function reading<T>(place: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PapyraError) throw error;
    const { code, filepath } = error as NodeJS.ErrnoException & { filepath?: string };
    const file = filepath ?? place;
    if (code === 'ENOENT' && file === place) {
      throw new PapyraError('config_invalid', `no configuration at ${file}: no such file`, {
        hint: 'check --config or PAPYRA_CONFIG',
        cause: error,
      });
    }
    if (code === 'EACCES') {
      throw new PapyraError('permission_denied', `cannot read configuration ${file}`, {
        hint: 'run papyra as a user that may read it',
        cause: error,
      });
    }
    const reason = reasonOf(error as Error, file);
    throw new PapyraError('config_invalid', `cannot read configuration ${file}: ${reason}`, {
      hint: 'mend the file; nothing was done',
      cause: error,
    });
  }
}

/** The first line that says something, without the name of the file. */
function reasonOf({ message }: Error, file: string): string {
  const lines = message.split('\n').map((line) => line.replaceAll(file, ''));
  return (
    lines.map((line) => line.replace(/^[\s:]+|[\s:]+$/g, '')).find(Boolean) ?? 'no reason given'
  );
}

// Loads the configuration in force: flags beat the environment, which beats the file.
import { dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { discoverConfig } from './discover.js';
import { fromEnvironment } from './environment.js';
import { resolveConfig, type ResolveRequest } from './resolve.js';
import type { ConfiguredStore, ConfiguredStores } from './stores.js';
import type { ConfigInput, Overrides } from './types.js';
import { assertExpanded, unexpandedPaths } from './unexpanded.js';
import { noWorkingDirectory, workingDirectory } from './working-directory.js';

export interface LoadRequest {
  /** The configuration file named by the operator; PAPYRA_CONFIG when left out. */
  configFile?: string | undefined;
  /**
   * A configuration given in a call. With a persistence section, neither a file nor the environment is read.
   * Without one, its sections beat those of the file.
   */
  input?: ConfigInput | undefined;
  overrides?: Overrides | undefined;
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
}

/** The stores of the configuration in force. */
export interface LoadedStores extends ConfiguredStores {
  /** The configuration file; null when there is none. */
  file: string | null;
  /** The same, without reading the configuration again: a glob may match others now. */
  again: () => Promise<LoadedStores>;
}

/** How the one store of `persistence` is called where stores have names. */
const ONLY = 'persistence';

/**
 * The stores with these names or labels; of none: all.
 *
 * @throws {PapyraError} `config_invalid` when it is missing or wrong, `usage` for a bad environment variable, or a name
 * that is not in it.
 */
export async function loadStores(
  request: LoadRequest,
  names: readonly string[] = [],
): Promise<LoadedStores> {
  return storesIn(await gatherConfig(request), names);
}

async function storesIn(gathered: ResolveRequest, names: readonly string[]): Promise<LoadedStores> {
  const file = gathered.found?.file ?? null;
  const again = () => storesIn(gathered, names);
  if (gathered.input.stores && gathered.overrides.path === undefined) {
    const { configuredStores } = await import('./stores.js');
    return { file, again, ...configuredStores(gathered, names) };
  }
  const [name] = names;
  if (name !== undefined) throw noNames(name, gathered);
  const config = resolveConfig(gathered);
  const only = { name: ONLY, label: ONLY, config };
  return { file, again, isOne: true, stores: [only], labels: [], warnings: [] };
}

function noNames(name: string, { found, overrides }: ResolveRequest): PapyraError {
  const why =
    overrides.path === undefined
      ? `${found?.file ?? 'the configuration'} has no stores with names`
      : 'a path was given, which replaces the configured stores';
  return new PapyraError('usage', `--store ${name}: ${why}`, {
    hint: 'leave --store out; nothing was done',
  });
}

/**
 * The one store that was loaded.
 *
 * @throws {PapyraError} `usage` when there are several, `not_found` when a glob matches none; why it cannot be opened.
 */
export function onlyStore({ stores, warnings }: LoadedStores): ConfiguredStore {
  const [store, ...others] = stores;
  if (!store) throw new PapyraError('not_found', warnings[0] ?? 'the configuration has no store');
  if (others.length === 0) {
    if (store.failure) throw store.failure;
    return store;
  }
  const some = stores.slice(0, 5).map(({ label }) => label);
  throw new PapyraError('usage', `one store was to be opened, and there are ${stores.length}`, {
    hint: `name one of them (${some.join(', ')}${others.length > 4 ? ', …' : ''}), or open all with openStores()`,
  });
}

/** Whether a configuration, a flag or the environment names a store. */
export async function namesStore(request: LoadRequest): Promise<boolean> {
  const { input, overrides } = await gatherConfig(request);
  const given = [
    input.persistence,
    input.stores,
    overrides.path,
    overrides.backend,
    overrides.redis_url,
  ];
  return given.some((one) => one !== undefined);
}

/** Collects file, environment and flags, not yet merged. */
export async function gatherConfig(request: LoadRequest): Promise<ResolveRequest> {
  const env = request.env ?? process.env;
  const cwd = workingDirectory(request.cwd);
  const named = request.configFile ?? (env['PAPYRA_CONFIG'] || undefined);
  // A key that is undefined is none: it must not hide that of the file, such as its hooks.
  const call = withoutUndefined(request.input ?? {});
  const bare = Object.keys(call).length === 0;
  const given = bare ? {} : await validate(call, 'the given configuration', cwd);
  const flags = withoutUndefined(request.overrides ?? {});
  assertExpanded('--path', flags.path, cwd);
  if (given.persistence ?? given.stores)
    return { found: null, input: given, overrides: flags, flags, cwd };
  const variables = fromEnvironment(env);
  assertExpanded('environment variable PAPYRA_PATH', variables.path, cwd);
  assertExpanded(request.configFile === undefined ? 'environment variable PAPYRA_CONFIG' : '--config', named, cwd); // prettier-ignore
  const overrides = { ...variables, ...flags };
  if (cwd === null && named === undefined && overrides.path === undefined) {
    throw noWorkingDirectory('the search for a configuration begins there');
  }
  const found = await discoverConfig(named, cwd, env);
  const inFile = found ? await validate(found.content, found.file, dirname(found.file)) : {};
  const input = {
    ...inFile,
    ...given,
    metrics: { ...inFile.metrics, ...withoutUndefined(given.metrics ?? {}) },
  };
  return { found, input, overrides, flags, cwd };
}

function withoutUndefined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>; // prettier-ignore
}

async function validate(
  content: unknown,
  where: string,
  base: string | null,
): Promise<ConfigInput> {
  const { configSchema } = await import('./schema.js');
  const result = configSchema.safeParse(content);
  const unexpanded = unexpandedPaths(content, base);
  if (result.success && unexpanded.length === 0) {
    return onceNamed(result.data, content as ConfigInput, where);
  }
  const { explainIssues } = await import('./explain.js');
  const issues = result.success ? [] : explainIssues(result.error, content, configSchema);
  const said = new Set(unexpanded.map(({ path }) => path));
  const problems = [...unexpanded, ...issues.filter(({ path }) => !said.has(path))];
  const errors = problems.map(
    ({ path, problem, hint = 'mend the configuration; nothing was done' }) =>
      new PapyraError('config_invalid', `${where}: ${path ? `${path}: ` : ''}${problem}`, { hint }),
  );
  errors[0]!.others.push(...errors.slice(1));
  throw errors[0]!;
}

/** Checks what the schema cannot: the stores are named in one way, and none has a name that zod passes over. */
function onceNamed(config: ConfigInput, content: ConfigInput, where: string): ConfigInput {
  const { persistence, stores, defaults } = config;
  const wrong = (what: string, hint: string) =>
    new PapyraError('config_invalid', `${where}: ${what}`, { hint: `${hint}; nothing was done` });
  if (persistence && stores) {
    throw wrong('it has persistence and stores: it can have one of them', 'move the store of persistence to stores, with a name'); // prettier-ignore
  }
  if (defaults && !stores) {
    throw wrong('it has defaults, but no stores: they are for the stores alone', 'move them to persistence'); // prettier-ignore
  }
  const lost = Object.keys(content.stores ?? {}).find((name) => !Object.hasOwn(stores ?? {}, name));
  if (lost === undefined) return config;
  throw wrong(`stores.${lost}: found that name, allowed: names of a-z, 0-9 and -`, 'rename it');
}

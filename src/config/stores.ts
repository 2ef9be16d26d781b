// Makes of a configuration the stores in it: one of `persistence`, or those of `stores`, a glob each of its matches.
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { suggestion } from './explain.js';
import { expand } from './glob.js';
import { resolveConfig, type ResolveRequest } from './resolve.js';
import { sharedPlaces } from './same-store.js';
import type { EffectiveConfig, PersistenceInput } from './types.js';
import { isWildcard, literalOf } from './wildcard.js';
import { startingAt } from './working-directory.js';

/** A store of a configuration. */
export interface ConfiguredStore {
  /** Its name in `stores`. */
  name: string;
  /** Its name and, of a glob, what it matched: `tenants/acme`. Different for every store. */
  label: string;
  config: EffectiveConfig;
  /** Why it cannot be opened, though the configuration is valid. */
  failure?: PapyraError;
}

export interface ConfiguredStores {
  /** What was asked for is one store, by its name: neither a glob nor several names. */
  isOne: boolean;
  /** Those that were asked for. */
  stores: ConfiguredStore[];
  /** The labels of all stores of the configuration. */
  labels: string[];
  warnings: string[];
}

/**
 * The stores of `stores`. A log that one of them names outright belongs to that one: globs that match it leave it out.
 * Two that lead to the same log otherwise are both not opened, because nobody said which limits hold.
 *
 * @param names - Names or labels; none: all.
 * @throws {PapyraError} `config_invalid` for all that is wrong in the configuration, `usage` for a name that is not in it.
 */
export function configuredStores(
  request: ResolveRequest,
  names: readonly string[],
): ConfiguredStores {
  const { stores = {} } = request.input;
  const entries = Object.entries(stores).map(([name, input]) => storesOf(name, input, request));
  assertValid(entries.flatMap(({ invalid }) => invalid));
  const all = separated(entries.flatMap((entry) => entry.stores));
  const labels = all.map(({ label }) => label);
  for (const name of names) assertNamed(name, Object.keys(stores), labels);
  const chosen = (label: string, name: string) => names.length === 0 || names.includes(name) || names.includes(label); // prettier-ignore
  const [only, ...others] = new Set(names);
  const isGlob = entries.some(({ name, isGlob: isOne }) => name === only && isOne);
  return {
    isOne: only !== undefined && others.length === 0 && !isGlob,
    stores: all.filter(({ label, name }) => chosen(label, name)),
    labels,
    warnings: entries.filter(({ name }) => chosen(name, name)).flatMap(({ warnings }) => warnings),
  };
}

interface Entry {
  name: string;
  isGlob: boolean;
  /** The directory in which all matches of the glob are. */
  within?: string;
  stores: (ConfiguredStore & { isGlob: boolean })[];
  warnings: string[];
  invalid: PapyraError[];
}

/** One entry of `stores`. */
function storesOf(name: string, written: PersistenceInput, request: ResolveRequest): Entry {
  const { input, found, cwd, overrides } = request;
  const persistence = withDefaults(written, input.defaults ?? {});
  const entry: Entry = { name, isGlob: false, stores: [], warnings: [], invalid: [] };
  const add = (label: string, path: string | undefined, failure?: PapyraError): void => {
    const of = { ...persistence, ...(path !== undefined && { path }) };
    try {
      const section = `stores.${name}`;
      const config = resolveConfig({ ...request, section, input: { ...input, persistence: of } });
      entry.stores.push({ name, label, config: { ...config, label, ...(entry.within !== undefined && { within: entry.within }) }, isGlob: entry.isGlob, ...(failure && { failure }) }); // prettier-ignore
    } catch (error) {
      if (!(error instanceof PapyraError) || error.code !== 'config_invalid') throw error;
      // What is wrong for one match of a glob is mostly wrong for all.
      if (entry.invalid.length === 0) entry.invalid.push(error);
    }
  };
  const { path } = persistence;
  const backend = overrides.backend ?? persistence.backend;
  const isLog = backend === 'json' || backend === 'rotating';
  if (path === undefined || !isLog || !path.split('/').some(isWildcard)) {
    add(name, isLog && path !== undefined ? literalOf(path) : path);
    return entry;
  }
  if (path.includes('**')) {
    const where = found?.file ?? 'the configuration';
    entry.invalid.push(
      new PapyraError('config_invalid', `${where}: stores.${name}.path: found "${path}", allowed: one * for each directory`, {
        hint: '** could lead anywhere: write as many levels as there are, such as /var/lib/*/*/events.ndjson',
      }),
    ); // prettier-ignore
    return entry;
  }
  const pattern = startingAt(found ? dirname(found.file) : cwd, path);
  const matches = expand(pattern);
  entry.isGlob = true;
  const parts = pattern.split('/');
  entry.within = parts.slice(0, parts.findIndex(isWildcard)).map(literalOf).join('/') || '/';
  for (const match of matches) {
    add(match.part === '' ? name : `${name}/${match.part}`, match.path, match.failure);
  }
  if (matches.length === 0) {
    entry.warnings.push(`no file matches ${pattern} of the store ${name}: nothing was done for it`);
  }
  return entry;
}

/** Key by key; the limits of retention, too. Where a store says where Redis is, the defaults do not say it, too. */
export function withDefaults(
  written: PersistenceInput,
  { url, cluster, sentinel, ...others }: Omit<PersistenceInput, 'path'>,
): PersistenceInput {
  const isPlaced = written.url ?? written.cluster ?? written.sentinel;
  const place = isPlaced === undefined ? { url, cluster, sentinel } : {};
  const retention = { ...others.retention, ...written.retention };
  return { ...others, ...place, ...written, retention };
}

function separated(stores: Entry['stores']): ConfiguredStore[] {
  const shared = sharedPlaces(stores.filter(({ failure }) => !failure));
  const dropped = new Set<ConfiguredStore>();
  for (const group of shared) {
    const outright = group.filter(({ isGlob }) => !isGlob);
    const [first, ...others] = outright.length > 0 ? outright : group;
    const sameGlob = outright.length === 0 && others.every(({ name }) => name === first!.name);
    if (sameGlob || outright.length === 1) {
      const kept = sameGlob ? (group.find(isItself) ?? first) : first;
      for (const store of group) if (store !== kept) dropped.add(store);
      continue;
    }
    const labels = group.map(({ label }) => label);
    for (const store of group) store.failure = sameLog(store, labels);
  }
  return stores.filter((store) => !dropped.has(store));
}

/** Of several names of a log the one is kept that is no link. */
function isItself({ config: { store } }: ConfiguredStore): boolean {
  try {
    return 'path' in store && realpathSync(store.path) === store.path;
  } catch {
    return false;
  }
}

function sameLog({ config: { store } }: ConfiguredStore, labels: string[]): PapyraError {
  const what = 'path' in store ? `the log ${store.path}` : 'the same streams';
  return new PapyraError('config_invalid', `the stores ${labels.join(' and ')} lead to ${what}`, {
    hint: 'which limits hold is not known, so nothing was done for them: leave one of them out of the configuration',
  });
}

function assertValid([first, ...others]: PapyraError[]): void {
  if (first === undefined) return;
  first.others.push(...others);
  throw first;
}

function assertNamed(name: string, names: string[], labels: string[]): void {
  if (names.includes(name) || labels.includes(name)) return;
  const glob = names.find((one) => name.startsWith(`${one}/`));
  const { hint } = suggestion(name, [...names, ...labels]);
  throw new PapyraError('usage', `--store ${name}: ${glob === undefined ? 'no such store in the configuration' : `the glob of ${glob} matches no such store`}`, {
    hint: hint ?? `it can be ${names.slice(0, 20).join(', ')}; nothing was done`,
  }); // prettier-ignore
}

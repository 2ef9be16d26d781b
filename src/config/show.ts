// Describes the configuration in force for `config show`: each value and who set it, and what has no effect.
import { dirname } from 'node:path';
import { parseDuration, parseSize } from '../units/units.js';
import { ENVIRONMENT } from './environment.js';
import { factsOf, isFor, KEYS, OVERRIDDEN } from './keys.js';
import { parseRedisUrl } from './redis-url.js';
import { resolveConfig, type ResolveRequest } from './resolve.js';
import { withDefaults } from './stores.js';
import type { Overrides } from './types.js';
import { startingAt } from './working-directory.js';

/** A key, its value in force, and where the value comes from. */
export interface ConfigValue {
  key: string;
  /** Paths are absolute, durations seconds, sizes bytes. null: no limit. */
  value: unknown;
  from: 'flag' | 'environment' | 'file' | 'default';
  /** The flag, the variable or the file; null for a default. */
  name: string | null;
}

/** The configuration in force. */
export interface ConfigReport {
  schema: 'papyra.config/v1';
  /** The configuration file; null when there is none. */
  file: string | null;
  values: ConfigValue[];
  /** Keys that were set but have no effect, and why. */
  unused: { key: string; why: string }[];
}

/** The values, written down as a configuration, would mean the same again. `names`: of stores; none: all. */
export function describeConfig(
  request: ResolveRequest,
  names: readonly string[] = [],
): ConfigReport {
  const { stores } = request.input;
  if (!stores || request.overrides.path !== undefined) return describeOne(request);
  const all: ConfigReport = { schema: 'papyra.config/v1', file: request.found?.file ?? null, values: [], unused: [] }; // prettier-ignore
  for (const [name, written] of Object.entries(stores)) {
    if (names.length > 0 && !names.some((one) => one === name || one.startsWith(`${name}/`)))
      continue;
    const { defaults = {}, ...others } = request.input;
    delete others.stores;
    const section = `stores.${name}`;
    const input = { ...others, persistence: withDefaults(written, defaults) };
    const { values, unused } = describeOne({ ...request, section, input });
    const known = new Set(all.values.map(({ key }) => key));
    const named = <T extends { key: string }>(one: T): T => ({ ...one, key: one.key.replace(/^persistence\b/, section) }); // prettier-ignore
    all.values.push(...values.map(named).filter(({ key }) => !known.has(key)));
    all.unused.push(...unused.map(named));
  }
  return all;
}

function describeOne(request: ResolveRequest): ConfigReport {
  const { store } = resolveConfig(request);
  const { found, input, overrides } = request;
  const written = new Map(leaves(input, ''));
  const file = found?.file ?? null;
  const report: ConfigReport = { schema: 'papyra.config/v1', file, values: [], unused: [] };
  const keys = [...Object.keys(KEYS), ...written.keys(), ...Object.values(OVERRIDDEN)];
  for (const key of new Set(keys)) {
    const override = fromOverrides(key, request);
    const inFile = written.has(key) ? fromFile(key, written.get(key), request) : undefined;
    if (!isFor(store.backend, key)) {
      const why = `the backend ${store.backend} has no use for it`;
      if (override ?? inFile) report.unused.push({ key, why });
      continue;
    }
    const replacement = replacementOf(key, request);
    if (inFile && replacement) report.unused.push({ key, why: `${replacement} replaces it` });
    const value = override ?? (replacement ? undefined : inFile) ?? fromPreset(key, overrides);
    if (value) report.values.push(value);
  }
  return report;
}

/** Overrides that replace more keys of the file than their own. */
const REPLACEMENTS: [override: keyof Overrides, keys: RegExp, name: string][] = [
  [
    'path',
    /^(?:persistence|stores|defaults|hooks)\.|^metrics\.textfile$/,
    'the path that was given',
  ],
  ['redis_url', /^persistence\.(?:url$|cluster$|sentinel\.)/, 'PAPYRA_REDIS_URL'],
  ['redis_username', /^persistence\.username$/, 'PAPYRA_REDIS_USERNAME'],
  ['redis_password', /^persistence\.password_file$/, 'PAPYRA_REDIS_PASSWORD'],
  ['sentinel_password', /^persistence\.sentinel\.password_file$/, 'PAPYRA_SENTINEL_PASSWORD'],
];

function replacementOf(key: string, { overrides, input }: ResolveRequest): string | undefined {
  const url = parseRedisUrl(overrides.redis_url ?? input.persistence?.url ?? '');
  if (url?.username !== undefined && key === 'persistence.username') return 'the user in the URL';
  const isPassword = key === 'persistence.password_file';
  if (url?.password !== undefined && isPassword) return 'the password in the URL';
  const replacing = REPLACEMENTS.find(([name, keys]) => overrides[name] !== undefined && keys.test(key)); // prettier-ignore
  return replacing?.[2];
}

function fromOverrides(key: string, { overrides, flags, cwd }: ResolveRequest) {
  const names = Object.keys(OVERRIDDEN) as (keyof Overrides)[];
  const name = names.find((one) => OVERRIDDEN[one] === key && overrides[one] !== undefined);
  if (name === undefined) return undefined;
  const settings: [string, { key: string; flag?: string }][] = Object.entries(ENVIRONMENT);
  const variable = settings.find(([, { key: set }]) => set === name);
  const value = inForm(key, overrides[name], cwd);
  return flags[name] === undefined
    ? sourced(key, value, 'environment', variable?.[0])
    : sourced(key, value, 'flag', variable?.[1].flag);
}

function fromFile(key: string, written: unknown, { found, cwd }: ResolveRequest): ConfigValue {
  const base = found ? dirname(found.file) : cwd;
  return sourced(key, inForm(key, written, base), 'file', found?.file);
}

function fromPreset(key: string, { path }: Overrides): ConfigValue | undefined {
  const isGivenPath = key === 'persistence.backend' && path !== undefined;
  const preset = isGivenPath ? 'json' : factsOf(key).preset;
  return preset === undefined ? undefined : sourced(key, preset, 'default', undefined);
}

function sourced(
  key: string,
  value: unknown,
  from: ConfigValue['from'],
  name: string | undefined,
): ConfigValue {
  return { key, value, from, name: name ?? null };
}

/** What a written value means: an absolute path, seconds or bytes. */
function inForm(key: string, value: unknown, base: string | null): unknown {
  if (typeof value !== 'string') return value;
  switch (factsOf(key).form) {
    case 'path':
      return startingAt(base, value);
    case 'duration':
      return parseDuration(value);
    case 'size':
      return parseSize(value);
    case undefined:
      return value;
  }
}

/** The keys of a configuration that have a value, with their full paths. A section has no value of its own. */
function leaves(node: object, above: string): [key: string, value: unknown][] {
  return Object.entries(node).flatMap(([name, value]: [string, unknown]) => {
    const key = above === '' ? name : `${above}.${name}`;
    if (value === undefined) return [];
    const isSection = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isSection && !(key in KEYS) ? leaves(value, key) : [[key, value]];
  });
}

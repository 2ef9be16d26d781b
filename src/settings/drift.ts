// Compares the configuration in force with the runtime's settings, key by key.
import { readFileSync } from 'node:fs';
import { isSameFile } from '../config/same-file.js';
import type { EffectiveConfig, RedisStore } from '../config/types.js';
import type { ConfiguredStore } from '../config/stores.js';
import type { RuntimeSettings } from './answer.js';
import { serverText } from './server.js';
import { mayBeSamePath, valuesOf, type ImportedValues } from './values.js';

/** A key of the configuration, and what each side says. */
export interface DriftKey {
  key: string;
  /** Seconds, bytes, absolute paths. null: no limit, or none; `…`: a password, which is never shown. */
  settings: unknown;
  /** The same of the configuration in force. */
  configuration: unknown;
  differs: boolean;
}

/** Whether configuration and settings say the same, and the document of `config import --check --json`. */
export interface DriftReport {
  schema: 'papyra.drift/v1';
  status: 'same' | 'different';
  /** The class of the settings. */
  settings: string;
  /** The Python that was asked. */
  python: string;
  /** The configuration file; null when there is none. */
  file: string | null;
  /** The label of the store that was compared; null when it has none. */
  store: string | null;
  keys: DriftKey[];
  /** What could not be compared, or was assumed: one sentence each. */
  notes: string[];
}

/** @throws {PapyraError} `config_invalid` when the store of the settings is none that a configuration can name. */
export function compareWith(settings: RuntimeSettings, config: EffectiveConfig): DriftReport {
  const imported = valuesOf(settings);
  const notes = [...imported.notes];
  const configured = configuredValues(config, notes);
  // Of another backend each key would differ: one line says it.
  const all = imported.values.get('persistence.backend') === configured.get('persistence.backend');
  const names = all ? [...new Set([...imported.values.keys(), ...configured.keys()])] : ['persistence.backend']; // prettier-ignore
  const keys = names.map((key): DriftKey => {
    const [wanted, found] = [imported.values.get(key) ?? null, configured.get(key) ?? null];
    return { key, settings: wanted, configuration: found, differs: !isSame(key, wanted, found, imported) }; // prettier-ignore
  });
  if (all && config.store.backend === 'redis') {
    keys.push(...passwords(imported, config.store, notes));
  }
  return {
    schema: 'papyra.drift/v1',
    status: keys.some(({ differs }) => differs) ? 'different' : 'same',
    settings: settings.settings,
    python: settings.python,
    file: config.file,
    store: config.label ?? null,
    keys,
    notes,
  };
}

/** The keys that say where a store is. */
const PLACE = ['backend', 'path', 'url', 'prefix', 'system_id'].map(
  (name) => `persistence.${name}`,
);

/** Those of the stores that are where the settings say: mostly one. */
export function storesAt(settings: RuntimeSettings, stores: readonly ConfiguredStore[]) {
  const imported = valuesOf(settings);
  return stores.filter(({ config }) => {
    const configured = configuredValues(config, []);
    return PLACE.every((key) => isSame(key, imported.values.get(key) ?? null, configured.get(key) ?? null, imported)); // prettier-ignore
  });
}

/** None of the stores is where the settings say. */
export function compareWithNone(
  settings: RuntimeSettings,
  stores: readonly ConfiguredStore[],
): DriftReport {
  const { values, notes } = valuesOf(settings);
  const place = PLACE.flatMap((key) => values.get(key) ?? []).join(' ');
  const names = stores.map(({ label }) => label);
  const few = names.slice(0, NAMED).join(', ');
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return {
    schema: 'papyra.drift/v1',
    status: 'different',
    settings: settings.settings,
    python: settings.python,
    file: stores[0]!.config.file,
    store: null,
    keys: [{ key: 'stores', settings: place, configuration: null, differs: true }],
    notes: [...notes, `none of the ${names.length} stores is the one of the settings: add it to stores, or say with --store NAME which one it is (${few}${more})`], // prettier-ignore
  };
}

/** How many stores are named in a note. */
const NAMED = 20;

function isSame(key: string, wanted: unknown, found: unknown, imported: ImportedValues): boolean {
  if (wanted === found) return true;
  if (typeof wanted !== 'string') return false;
  if (Array.isArray(found)) return found.includes(wanted) || found.includes('*');
  if (typeof found !== 'string' || !isPath(key)) return false;
  return isSameFile(wanted, found) || mayBeSamePath(found, imported.relativePath);
}

const isPath = (key: string) => key === 'persistence.path' || key.startsWith('persistence.tls.');

/** The values in force, of the keys that the settings can have. */
function configuredValues({ store, retention }: EffectiveConfig, notes: string[]) {
  const backend = store.backend === 'module' ? store.module : store.backend;
  const values = new Map<string, unknown>([['persistence.backend', backend]]);
  if ('path' in store) values.set('persistence.path', store.path);
  if (store.backend === 'rotating') {
    values.set('persistence.max_bytes', store.maxBytes);
    values.set('persistence.max_files', store.maxFiles);
  }
  if (store.backend === 'redis') {
    const { ca, cert, key } = store.tls ?? {};
    values.set('persistence.url', serverText(store.server, store.db, store.tls !== undefined));
    values.set('persistence.username', store.username ?? null);
    values.set('persistence.prefix', store.prefix);
    values.set('persistence.system_id', store.systems.length === 1 ? store.systems[0] : store.systems); // prettier-ignore
    if (store.systems[0] === '*') values.set('persistence.system_id', ['*']);
    values.set('persistence.approx_trim', store.approx);
    for (const [name, file] of Object.entries({ ca, cert, key })) {
      if (file !== undefined) values.set(`persistence.tls.${name}`, file);
    }
  }
  if (store.backend === 'memory') return values;
  for (const [name, limit] of Object.entries(retention)) {
    values.set(`persistence.retention.${name}`, limit);
  }
  if (store.backend === 'module') notes.push('the configuration has a backend module: what its store is cannot be compared'); // prettier-ignore
  return values;
}

const HIDDEN = '…';

function passwords({ password }: ImportedValues, store: RedisStore, notes: string[]): DriftKey[] {
  const configured = passwordOf(store, notes);
  if (configured === undefined || (password === null && configured === null)) return [];
  return [
    {
      key: 'password',
      settings: password === null ? null : HIDDEN,
      configuration: configured === null ? null : HIDDEN,
      differs: password !== configured,
    },
  ];
}

/** undefined: it cannot be read. */
function passwordOf({ password }: RedisStore, notes: string[]): string | null | undefined {
  if (typeof password !== 'object') return password ?? null;
  try {
    return readFileSync(password.file, 'utf8').split(/\r?\n/, 1)[0]!;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    notes.push(`passwords were not compared: ${password.file} cannot be read (${code})`);
    return undefined;
  }
}

// Turns what the runtime's settings hold into keys and values of a configuration, and says what none of them can say.
import { join, isAbsolute, normalize, resolve } from 'node:path';
import { KEYS } from '../config/keys.js';
import { parseRedisUrl, wrongIn } from '../config/redis-url.js';
import { PapyraError } from '../errors/errors.js';
import { withoutCredentials } from '../text/secrets.js';
import type { RuntimeSettings, RuntimeStore, SettingsValue } from './answer.js';
import { serverText } from './server.js';

export interface ImportedValues {
  /** By key, in the plain form of a configuration: seconds, bytes, absolute paths. null: no limit, or none. */
  values: Map<string, string | number | boolean | null>;
  /** The password of Redis. Not for printing. */
  password: string | null;
  /** The path as the settings have it, when it is relative. */
  relativePath: string | null;
  /** What cannot be said in a configuration, or was assumed: one sentence each. */
  notes: string[];
}

/** Settings of the runtime alone, which change nothing for papyra. */
const RUNTIME_ONLY = ['scan_sample_size', 'max_read'];

/** @throws {PapyraError} `config_invalid` when the store is none that a configuration can name. */
export function valuesOf(settings: RuntimeSettings): ImportedValues {
  const { store, inherits } = settings;
  if (store.backend === null) throw unknownStore(settings);
  const result: ImportedValues = { values: new Map(), password: null, relativePath: null, notes: [] }; // prettier-ignore
  const { values, notes } = result;
  if (!inherits) notes.push(`${settings.settings} does not inherit from papyra.Settings`);
  if (store.inherited) notes.push(`${store.class} is a class of its own: what it does otherwise than the runtime's ${store.backend} backend is not in this configuration`); // prettier-ignore
  values.set('persistence.backend', store.backend);
  if (store.backend === 'json' || store.backend === 'rotating') addLog(settings, result);
  if (store.backend === 'redis') addRedis(store, result);
  if (store.backend !== 'memory') addRetention(store, result);
  for (const [name, value] of Object.entries(store.others)) {
    if (value === null || RUNTIME_ONLY.includes(name)) continue;
    notes.push(`${name} (${inWords(name, value)}) is in the settings, and papyra has no key for it`); // prettier-ignore
  }
  return result;
}

function unknownStore({ settings, store }: RuntimeSettings): PapyraError {
  const what = store.class === 'builtins.type' ? 'a class, not an instance of it' : `a ${store.class}`; // prettier-ignore
  return new PapyraError('config_invalid', `${settings}.persistence is ${what}: none of the runtime's backends`, {
    hint: 'it can be a JsonFilePersistence, a RotatingFilePersistence, a RedisStreamsPersistence, an InMemoryPersistence or a class that inherits from one; for another store write a backend module: man papyra-config',
  }); // prettier-ignore
}

function addLog({ settings, cwd, store }: RuntimeSettings, result: ImportedValues): void {
  const { values, notes } = result;
  const { path } = store;
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new PapyraError('config_invalid', `${settings}.persistence has no path that a configuration can name: ${inWords('path', path)}`, {
      hint: 'mend the settings; nothing was done',
    }); // prettier-ignore
  }
  if (!isAbsolute(path)) {
    result.relativePath = normalize(path);
    notes.push(`the path is relative in the settings (${path}): it starts where the runtime is started, here taken to be ${cwd}`); // prettier-ignore
  }
  values.set('persistence.path', resolve(cwd, path));
  if (store.backend !== 'rotating') return;
  addNumber(result, 'persistence.max_bytes', store.max_bytes, true);
  addNumber(result, 'persistence.max_files', store.max_files, true);
}

function addRetention({ retention }: RuntimeStore, result: ImportedValues): void {
  for (const name of ['max_age_seconds', 'max_records', 'max_total_bytes']) {
    const value = retention[name] ?? null;
    addNumber(result, `persistence.retention.${name}`, value, name !== 'max_age_seconds');
  }
}

/** A number that papyra takes: above zero. Anything else is no limit, and a note. */
function addNumber(
  { values, notes }: ImportedValues,
  key: string,
  value: SettingsValue,
  isWhole: boolean,
): void {
  const fits = typeof value === 'number' && value > 0 && (!isWhole || Number.isSafeInteger(value));
  const preset = KEYS[key]?.preset ?? null;
  values.set(key, fits ? value : preset);
  if (fits || value === null) return;
  notes.push(`${key} is ${inWords(key, value)} in the settings, and papyra takes only ${isWhole ? 'whole numbers' : 'numbers'} above zero: left out`); // prettier-ignore
}

/** Options in a URL of redis-py that name files of TLS. */
const TLS_FILES: Record<string, string> = {
  ssl_ca_certs: 'ca',
  ssl_certfile: 'cert',
  ssl_keyfile: 'key',
};
const CREDENTIALS = ['db', 'username', 'password'];

function addRedis({ redis }: RuntimeStore, result: ImportedValues): void {
  const { values, notes } = result;
  const given = typeof redis['url'] === 'string' ? redis['url'] : '';
  const { url, files, dropped } = withoutOptions(given);
  const parsed = parseRedisUrl(url);
  if (!parsed) {
    throw new PapyraError('config_invalid', `the URL of Redis in the settings, ${withoutCredentials(given)}: ${wrongIn(url) ?? ''}`, {
      hint: 'papyra connects to redis://, rediss:// and unix:// URLs; mend the settings',
    }); // prettier-ignore
  }
  const { server: at, db, tls, username = null, password = null } = parsed;
  values.set('persistence.url', serverText({ kind: 'single', at }, db, tls));
  values.set('persistence.username', username);
  for (const [name, file] of files) values.set(`persistence.tls.${name}`, resolve(file));
  result.password = password;
  for (const name of dropped) notes.push(`${name} is in the URL of Redis in the settings, and papyra has no key for it`); // prettier-ignore
  for (const name of ['prefix', 'system_id'] as const) {
    const value = redis[name];
    const key = `persistence.${name}`;
    values.set(key, typeof value === 'string' && value !== '' ? value : (KEYS[key]!.preset as string)); // prettier-ignore
    if (typeof value !== 'string') notes.push(`${key} is ${inWords(key, value ?? null)} in the settings: left out`); // prettier-ignore
  }
  values.set('persistence.approx_trim', redis['approx_trim'] !== false);
}

/** redis-py takes any option of a connection after the `?`. Values may be secret: only names are told. */
function withoutOptions(text: string) {
  const [base = '', query] = text.split(/\?(.*)/s);
  const files: [name: string, file: string][] = [];
  const kept = new URLSearchParams();
  const dropped: string[] = [];
  for (const [name, value] of new URLSearchParams(query ?? '')) {
    if (CREDENTIALS.includes(name)) kept.append(name, value);
    else if (name in TLS_FILES) files.push([TLS_FILES[name]!, value]);
    else dropped.push(name);
  }
  const rest = kept.toString();
  return { url: rest === '' ? base : `${base}?${rest}`, files, dropped };
}

const SECRET_NAME = /password|secret|token|key/i;

function inWords(name: string, value: SettingsValue): string {
  if (SECRET_NAME.test(name.split('.').at(-1)!)) return '…';
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return withoutCredentials(typeof value === 'object' ? value.odd : String(value));
}

/** Whether a path may be the one that the settings name. A relative one says only how it ends. */
export function mayBeSamePath(path: string, relativePath: string | null): boolean {
  if (relativePath === null || relativePath.startsWith('..')) return false;
  return path.endsWith(join('/', relativePath));
}

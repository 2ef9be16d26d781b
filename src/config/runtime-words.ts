// Says what to type in place of a word of the runtime's settings, or of a key that stands in the wrong section.
import { KEYS } from './keys.js';

/** Words of the runtime's settings, and of other tools, for a key here. */
const KEY_WORDS: Readonly<Record<string, string>> = {
  retention_policy: 'retention',
  retention_days: 'retention: { max_age_seconds: 7d }',
  max_age: 'max_age_seconds',
  max_size: 'max_total_bytes',
  max_total_size: 'max_total_bytes',
  max_count: 'max_records',
  redis_url: 'url',
  key_prefix: 'prefix',
  system: 'system_id',
  approximate_trim: 'approx_trim',
  filename: 'path',
  file: 'path',
  password: 'password_file, with the name of a file whose first line is the password',
};

/** Settings of the runtime that papyra has no use for. */
const RUNTIME_ONLY = ['fsync', 'scan_sample_size', 'max_read', 'quarantine_prefix', 'logging_level', 'serializer_config', 'debug', 'secret_key']; // prettier-ignore

/** The runtime's classes, and other words, for a backend here. */
const BACKEND_WORDS: Readonly<Record<string, string>> = {
  jsonfilepersistence: 'json',
  file: 'json',
  ndjson: 'json',
  jsonl: 'json',
  json_file: 'json',
  rotatingfilepersistence: 'rotating',
  rotating_file: 'rotating',
  rotation: 'rotating',
  redisstreamspersistence: 'redis',
  redis_streams: 'redis',
  inmemorypersistence: 'memory',
  in_memory: 'memory',
};

/** What to do about an unknown key; undefined: the word is not known here, either. */
export function runtimeKeyHint(
  key: string,
  at: readonly PropertyKey[],
): { hint: string } | undefined {
  if (RUNTIME_ONLY.includes(key)) return { hint: `that is for the runtime alone: remove the line` };
  const [top] = at;
  const section = at.map(String).join('.');
  // As under persistence, wherever a store stands.
  const inside = top === 'stores' ? ['persistence', ...at.slice(2).map(String)].join('.') : section;
  const word = KEY_WORDS[key];
  if (word !== undefined && isKeyIn(inside, word.split(/\W/)[0]!)) return { hint: `write ${word}` };
  const elsewhere = Object.keys(KEYS).find((full) => full.endsWith(`.${word ?? key}`) && full.startsWith('persistence.') && !full.includes('sentinel')); // prettier-ignore
  if (elsewhere === undefined) {
    const isSection = !isKeyIn(inside, key) && isKeyIn('persistence', key);
    return isSection ? { hint: `write ${key} under persistence` } : undefined;
  }
  const [leaf, ...above] = elsewhere.split('.').reverse();
  return { hint: `write ${leaf!} under ${above.reverse().join('.')}` };
}

function isKeyIn(section: string, name: string): boolean {
  const prefix = section === '' ? name : `${section}.${name}`;
  return Object.keys(KEYS).some((full) => full === prefix || full.startsWith(`${prefix}.`));
}

/** The same for the value of `backend`; also for a class with its module, as Python names it. */
export function runtimeBackendHint(value: string): { hint: string } | undefined {
  const backend = BACKEND_WORDS[value.split('.').at(-1)!.toLowerCase().replaceAll('-', '_')];
  return backend === undefined ? undefined : { hint: `write backend: ${backend}` };
}

// Lists the keys of the configuration: what each means, its backends and its default. schema.ts says what is valid.
import type { Overrides } from './types.js';

export interface KeyFacts {
  /** What the key means, in a few words. */
  says: string;
  /** The backends that use it; left out: all. A backend module gets every key. */
  backends?: readonly string[];
  /** Its backends need it, or another key that says the same. */
  needed?: true;
  /** The default; null: no limit; left out: none. */
  preset?: string | number | boolean | null;
  /** An example of a value. */
  sample?: unknown;
  /** A relative `path` starts at the configuration file. The other two may have a unit. */
  form?: 'path' | 'duration' | 'size';
}

const FILES = ['json', 'rotating'];
const OUTSIDE = [...FILES, 'redis'];
const ROTATING = ['rotating'];
const REDIS = ['redis'];

/** All keys, in the order in which they are shown and written. */
export const KEYS: Readonly<Record<string, KeyFacts>> = {
  $schema: { says: 'the JSON Schema of this file, for editors' },
  'persistence.backend': {
    says: 'json, rotating, redis, memory, or the path of a module',
    sample: 'json',
  },
  'persistence.path': {
    says: 'the log, or the active file of a rotating set; relative paths start at this file',
    backends: FILES,
    needed: true,
    sample: 'events.ndjson',
    form: 'path',
  },
  'persistence.max_bytes': {
    says: 'the size from which the runtime rotates, as it is configured',
    backends: ROTATING,
    preset: 50_000_000,
    sample: '50MB',
    form: 'size',
  },
  'persistence.max_files': {
    says: 'how many files the set may have, as the runtime is configured',
    backends: ROTATING,
    preset: 5,
    sample: 5,
  },
  'persistence.url': {
    says: 'where Redis is: redis://, rediss:// or unix://; else cluster or sentinel',
    backends: REDIS,
    needed: true,
    sample: 'redis://localhost:6379/0',
  },
  'persistence.cluster': { says: 'nodes of a cluster: a list of host:port', backends: REDIS },
  'persistence.sentinel.name': { says: 'what the sentinels call the master', backends: REDIS },
  'persistence.sentinel.nodes': { says: 'the sentinels: a list of host:port', backends: REDIS },
  'persistence.sentinel.db': { says: 'the number of the database', backends: REDIS },
  'persistence.sentinel.username': { says: 'the user of the sentinels', backends: REDIS },
  'persistence.sentinel.password_file': {
    says: 'a file whose first line is the password of the sentinels',
    backends: REDIS,
    form: 'path',
  },
  'persistence.username': { says: 'the user of Redis', backends: REDIS, sample: 'papyra' },
  'persistence.password_file': {
    says: 'a file whose first line is the password; relative paths start at this file',
    backends: REDIS,
    sample: 'redis-password',
    form: 'path',
  },
  'persistence.tls': {
    says: 'whether to use TLS; or its files: ca, cert, key; and server_name',
    backends: REDIS,
    sample: true,
  },
  'persistence.prefix': {
    says: 'what the names of the streams begin with',
    backends: REDIS,
    preset: 'papyra',
    sample: 'papyra',
  },
  'persistence.system_id': {
    says: 'a system, a list of them, or "*" for all',
    backends: REDIS,
    preset: 'local',
    sample: 'local',
  },
  'persistence.approx_trim': {
    says: 'whether to trim whole nodes only, which is cheaper',
    backends: REDIS,
    preset: true,
    sample: true,
  },
  'persistence.retention.max_age_seconds': {
    says: 'older records expire: seconds, or 12h, 7d, 4w',
    preset: null,
    sample: '7d',
    form: 'duration',
  },
  'persistence.retention.max_records': {
    says: 'the newest so many records stay',
    preset: null,
    sample: 100_000,
  },
  'persistence.retention.max_total_bytes': {
    says: 'the newest records stay up to this size',
    preset: null,
    sample: '2GB',
    form: 'size',
  },
  'persistence.archive.dir': {
    says: 'what is dropped goes to a compressed file there first; it must be there',
    backends: OUTSIDE,
    sample: '/backup/papyra',
    form: 'path',
  },
  'persistence.archive.compression': {
    says: 'gzip, zstd or, if left out, auto: zstd where Node has it (22.15), else gzip',
    backends: OUTSIDE,
    sample: 'auto',
  },
  'metrics.enabled': { says: 'whether to count what compaction does', preset: true, sample: true },
  'metrics.textfile': {
    says: 'the metrics after each run, for the textfile collector of node_exporter',
    sample: '/var/lib/node_exporter/papyra.prom',
    form: 'path',
  },
  'hooks.before_compact': {
    says: 'reads the plan; any exit status but 0 vetoes the run',
    sample: ['./no-backup.sh'],
  },
  'hooks.after_compact': {
    says: 'reads the report of what was done',
    sample: ['logger', '-t', 'papyra', 'compacted'],
  },
  'hooks.on_error': {
    says: 'reads the error of a run that failed',
    sample: ['logger', '-t', 'papyra', 'failed'],
  },
  'guards.max_drop': {
    says: 'a run that would drop more of the records is refused; else papyra judges by itself',
    backends: OUTSIDE,
    sample: '50%',
  },
  'guards.min_reclaim': {
    says: 'a run that would free less, a size or a share of the store, changes nothing',
    backends: OUTSIDE,
    sample: '5%',
  },
};

/** Values that only the environment or a flag can set: secrets, and a setting for one run. */
const SAID_ASIDE: Readonly<Record<string, KeyFacts>> = {
  timeout_seconds: { says: 'how long a connection or an answer may take', backends: REDIS },
  redis_username: { says: 'the user of Redis', backends: REDIS },
  redis_password: { says: 'the password of Redis', backends: REDIS },
  sentinel_password: { says: 'the password of the sentinels', backends: REDIS },
};

export function factsOf(key: string): Partial<KeyFacts> {
  return KEYS[key] ?? SAID_ASIDE[key] ?? {};
}

/** Whether a backend uses a key. */
export function isFor(backend: string, key: string): boolean {
  const { backends } = factsOf(key);
  return backends === undefined || backend === 'module' || backends.includes(backend);
}

/** The key that an override stands for. */
export const OVERRIDDEN: Readonly<Record<keyof Overrides, string>> = {
  path: 'persistence.path',
  backend: 'persistence.backend',
  max_age_seconds: 'persistence.retention.max_age_seconds',
  max_records: 'persistence.retention.max_records',
  max_total_bytes: 'persistence.retention.max_total_bytes',
  max_files: 'persistence.max_files',
  max_bytes: 'persistence.max_bytes',
  approx_trim: 'persistence.approx_trim',
  max_drop: 'guards.max_drop',
  min_reclaim: 'guards.min_reclaim',
  redis_url: 'persistence.url',
  timeout_seconds: 'timeout_seconds',
  redis_username: 'redis_username',
  redis_password: 'redis_password',
  sentinel_password: 'sentinel_password',
};

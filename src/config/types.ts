// Defines the types of a configuration: as it may be written, and as it is in force.
import type { RetentionPolicy } from '../retention/policy.js';
import type { Amount } from '../units/units.js';

export const BACKENDS = ['json', 'rotating', 'redis', 'memory'] as const;

/** Where a Redis, sentinel or cluster node listens. */
export interface Address {
  host: string;
  port?: number | undefined;
}

/** The `retention` section as it may be written. */
export interface RetentionInput {
  /** Seconds, or a text such as `7d`. */
  max_age_seconds?: number | string | undefined;
  max_records?: number | undefined;
  /** Bytes, or a text such as `2GB`. */
  max_total_bytes?: number | string | undefined;
}

/** A master that sentinels know, as it may be written. */
export interface SentinelInput {
  /** What the sentinels call the master. */
  name: string;
  nodes: (string | Address)[];
  /** The database; default 0. */
  db?: number | undefined;
  /** The user of the sentinels themselves. */
  username?: string | undefined;
  password_file?: string | undefined;
}

/** The `tls` section as it may be written. */
export interface TlsInput {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  server_name?: string | undefined;
}

/** The `persistence` section as it may be written. */
export interface PersistenceInput {
  /** `json`, `rotating`, `redis`, `memory`, or the path of a backend module. */
  backend?: string | undefined;
  /** The log; relative to the configuration file, or to the working directory in a call. */
  path?: string | undefined;
  /** Bytes, or a text such as `50MB`. */
  max_bytes?: number | string | undefined;
  max_files?: number | undefined;
  /** `redis://…`, `rediss://…` or `unix://…`. Only one of `url`, `cluster` and `sentinel` may be given. */
  url?: string | undefined;
  cluster?: (string | Address)[] | undefined;
  sentinel?: SentinelInput | undefined;
  username?: string | undefined;
  /** A file whose first line is the password; relative to the configuration file. */
  password_file?: string | undefined;
  /** true, or its PEM files, relative to the configuration file. */
  tls?: boolean | TlsInput | undefined;
  prefix?: string | undefined;
  system_id?: string | string[] | undefined;
  approx_trim?: boolean | undefined;
  retention?: RetentionInput | undefined;
  archive?:
    { dir?: string | undefined; compression?: 'auto' | 'gzip' | 'zstd' | undefined } | undefined;
}

/** Commands that run around a compaction: each the program, then its arguments. */
export interface HooksInput {
  before_compact?: string[] | undefined;
  after_compact?: string[] | undefined;
  on_error?: string[] | undefined;
}

/** The `guards` section as it may be written. */
export interface GuardsInput {
  /** A share such as `50%`: no run drops more than that of the records. */
  max_drop?: string | undefined;
  /** Bytes, or a text such as `64MB` or `5%`: a run that would free less changes nothing. */
  min_reclaim?: number | string | undefined;
}

/** A whole configuration as it may be written. */
export interface ConfigInput {
  /** For editors: where the JSON Schema of a configuration is. */
  $schema?: string | undefined;
  persistence?: PersistenceInput | undefined;
  /** Several stores by name, in place of `persistence`. A path may have wildcards. */
  stores?: Record<string, PersistenceInput> | undefined;
  /** What each of `stores` has where it says nothing else. */
  defaults?: Omit<PersistenceInput, 'path'> | undefined;
  metrics?: { enabled?: boolean | undefined; textfile?: string | undefined } | undefined;
  hooks?: HooksInput | undefined;
  guards?: GuardsInput | undefined;
}

/** Values that beat the configuration file: of the environment, of flags, of a call. */
export interface Overrides {
  /** A log; replaces the whole persistence section and the hooks. */
  path?: string | undefined;
  backend?: string | undefined;
  max_age_seconds?: number | undefined;
  max_records?: number | undefined;
  max_total_bytes?: number | undefined;
  /** Of a rotating set. */
  max_files?: number | undefined;
  max_bytes?: number | undefined;
  /** Of Redis: trim whole nodes only. */
  approx_trim?: boolean | undefined;
  /** As in the configuration: `50%`. */
  max_drop?: string | undefined;
  /** As in the configuration: `64MB`, `5%`. */
  min_reclaim?: string | undefined;
  /** Of Redis: how long a connection or an answer may take. */
  timeout_seconds?: number | undefined;
  redis_url?: string | undefined;
  redis_username?: string | undefined;
  redis_password?: string | undefined;
  sentinel_password?: string | undefined;
}

/** A password, or the file whose first line it is. */
export type Password = string | { file: string };

/** Where Redis listens. */
export type RedisServer =
  | { kind: 'single'; at: Address | { path: string } }
  | { kind: 'cluster'; nodes: Required<Address>[] }
  | {
      kind: 'sentinel';
      name: string;
      nodes: Required<Address>[];
      username?: string | undefined;
      password?: Password | undefined;
    };

export interface RedisStore {
  backend: 'redis';
  server: RedisServer;
  db: number;
  /** Undefined: no TLS. Absolute paths of PEM files. */
  tls?: (Omit<TlsInput, 'server_name'> & { serverName?: string | undefined }) | undefined;
  username?: string | undefined;
  password?: Password | undefined;
  prefix: string;
  /** Names, in order; or `*` alone: all that exist. */
  systems: string[];
  /** Trim whole nodes only. */
  approx: boolean;
  /** How long a connection or an answer may take. */
  timeoutMs: number;
}

/** The store that papyra opens. */
export type StoreConfig =
  | { backend: 'json'; path: string; namedBy: 'path' | 'config' }
  | {
      backend: 'rotating';
      path: string;
      namedBy: 'path' | 'config';
      /** The size from which the runtime rotates, and the number of files in the set, as it is configured. */
      maxBytes: number;
      maxFiles: number;
    }
  | RedisStore
  | { backend: 'memory' }
  | {
      backend: 'module';
      module: string;
      /** The operator named the configuration file, or gave the configuration in a call. */
      explicit: boolean;
      options: PersistenceInput;
      baseDirectory: string;
    };

export interface HooksConfig {
  commands: HooksInput;
  /** Where they run, and where their relative paths start. */
  directory: string;
  /** The operator named the configuration file, or gave the configuration in a call. */
  explicit: boolean;
}

/** What a run must keep to, whatever has expired. */
export interface Guards {
  /** The share of the records that may go, from 0 to 1; undefined: the default decides. */
  maxDrop?: number | undefined;
  /** A run that would free less changes nothing; undefined: any run is worth it. */
  minReclaim?: Amount | undefined;
}

/** The configuration in force. */
export interface EffectiveConfig {
  /** The configuration file; null when there is none. */
  file: string | null;
  /** What one of `stores` is called: its name and, of a path with wildcards, what they matched. Of `persistence`: undefined. */
  label?: string | undefined;
  /** Of a glob: the directory in which all of its matches are. */
  within?: string | undefined;
  store: StoreConfig;
  retention: RetentionPolicy;
  /** Where dropped records go first; undefined: nowhere. */
  archive?: string | undefined;
  /** How archives are compressed. */
  archiveCompression: 'auto' | 'gzip' | 'zstd';
  /** `textfile`: where the metrics go after each run, for node_exporter; undefined: nowhere. */
  metrics: { enabled: boolean; textfile?: string | undefined };
  /** The values of flags and the environment. */
  overrides: Overrides;
  guards: Guards;
  /** undefined: there are none. */
  hooks?: HooksConfig | undefined;
  /** The files of the configuration that contain a password or a key; the configuration file may be one. */
  secretFiles: string[];
}

// Defines the options of the library's calls. call.ts checks them.
import type { Progress } from '../backends/backend.js';
import type { ConfigInput, Overrides } from '../config/types.js';
import type { RecoveryMode } from '../report/recovery.js';
import type { StartupMode } from '../report/startup-check.js';
import type { Amount } from '../units/units.js';
import type { OddLines } from '../retention/policy.js';
import type { SettingsOptions } from './settings.js';

/** How `openSystem()` finds the store. */
export interface OpenOptions extends ConfigInput {
  /**
   * A configuration file; default: PAPYRA_CONFIG, then the usual search. It is not read when `persistence` is given.
   * Other sections that are given (`metrics`) beat those of the file.
   */
  configFile?: string;
  /** Values that beat file and environment, as flags do. */
  overrides?: Overrides;
  /** The directory where relative paths start and the search begins; default: the working directory. */
  cwd?: string;
  /** Ends every wait for an answer of the store; a compaction has a signal of its own. */
  signal?: AbortSignal;
  /** Read code again, a configuration or a backend module, where Node would take what it has imported before. */
  reread?: boolean;
  /** The name, or the label, of one of the configured `stores`. */
  store?: string;
}

/** How `openStores()` finds the stores. */
export interface OpenStoresOptions extends Omit<OpenOptions, 'store'> {
  /** Names or labels of configured `stores`; default: all. A glob's name stands for all of its matches. */
  store?: readonly string[];
}

/** How one compaction is done. All optional. */
export interface CompactOptions extends Partial<OddLines> {
  /** Only plan: the report says what would be done. Creates nothing and takes no lock. */
  dryRun?: boolean;
  /** The instant at which retention decides, in seconds since 1970. Only with `dryRun`. */
  now?: number;
  /**
   * Free so many bytes of the disk (Redis: of memory) from the old end, whatever the retention says. A plan that cannot
   * reach it is refused.
   */
  free?: number;
  /** With `free`: nothing younger than so many seconds goes; default 3600. */
  minAge?: number;
  /** Allow a plan that leaves no record at all. */
  allowEmpty?: boolean;
  /**
   * The share of the records that may go, from 0 to 1; default: `guards.max_drop`, else papyra refuses what looks like a
   * wrong unit or a clock that jumped.
   */
  maxDrop?: number;
  /** A run that would free less, in bytes or as a share of the store, changes nothing; default: `guards.min_reclaim`. */
  minReclaim?: Amount;
  /** Milliseconds to wait for another run's lock; default 0: do not wait. */
  lockWaitMs?: number;
  /** Remove the expired head of the file without a copy; expired records behind it stay. */
  inPlace?: boolean;
  /** A directory to which dropped records go first; default: `persistence.archive.dir`. */
  archive?: string;
  /** Assert that nothing writes to the store: the run does not look for writers, nor wait for them. */
  offline?: boolean;
  /** Bytes read and written in a second, at most. */
  limitRate?: number;
  /** Redis: consumer groups whose pending and undelivered entries are not protected; true: all. */
  ignoreGroups?: readonly string[] | true;
  /** Milliseconds after which the run stops at the next safe point, with the status `stopped`. */
  maxDurationMs?: number;
  /** Stops the run at the next safe point; the storage is then as it was. */
  signal?: AbortSignal;
  /** Called often, with the bytes (or entries) that are done, and their total. */
  onProgress?: (progress: Progress) => void;
}

/** How limits are simulated: as for a dry run. All optional. */
export type SimulateOptions = Pick<
  CompactOptions,
  'now' | 'unreadable' | 'undated' | 'ignoreGroups' | 'limitRate' | 'signal' | 'onProgress'
>;

/** How a store is scanned for anomalies. All optional. */
export interface ScanOptions {
  /** So many anomalies are listed, default 20; all are counted. */
  limit?: number;
  /** Bytes read in a second, at most. */
  limitRate?: number;
  /** Stops the scan. */
  signal?: AbortSignal;
  /** Called often, with bytes (or entries) done and in all. */
  onProgress?: (progress: Progress) => void;
}

/** How a recovery is done. All optional. */
export interface RecoverOptions extends ScanOptions {
  /** `repair`, the default, removes what is damaged; `quarantine` keeps a copy of it. */
  mode?: RecoveryMode;
  /** The directory where the copy goes; file stores need it for `quarantine`. */
  quarantineDir?: string;
  /** Only plan: the report says what would be done. Creates nothing and takes no lock. */
  dryRun?: boolean;
  /** Milliseconds to wait for another run's lock; default 0: do not wait. */
  lockWaitMs?: number;
  /** Assert that nothing writes to the store: no looking for writers, no waiting for them. */
  offline?: boolean;
  /** The share of the store's bytes that may go, from 0 to 1; default 0.1. */
  maxDrop?: number;
}

/** How a startup check is done. All optional. */
export interface StartupCheckOptions extends ScanOptions {
  /** What to do about anomalies; default `fail_on_anomaly`. */
  mode?: StartupMode;
  /** How to recover, with `recover`; default `repair`. */
  recoveryMode?: RecoveryMode;
  /** Where the copy of what is removed goes, with the recovery mode `quarantine`. */
  quarantineDir?: string;
  /** Milliseconds to wait for another run's lock; default 0: do not wait. */
  lockWaitMs?: number;
}

/** How a store is inspected. All optional. */
export interface InspectOptions {
  /** Read everything; default: a sample of what is large. */
  full?: boolean;
  /** Also say what fills the store: the largest kinds, types or actors. */
  by?: 'kind' | 'type' | 'actor';
  /** Of these, so many; default 10. */
  limit?: number;
  /** Add the counters over all compactions. */
  showMetrics?: boolean;
  /** Stops reading. */
  signal?: AbortSignal;
  /** Called often, with bytes (or entries) read and in all. */
  onProgress?: (progress: Progress) => void;
}

/** How a store is looked at. */
export interface DoctorOptions {
  /** Also compare the configuration with the runtime's settings. This executes them with Python. */
  settings?: SettingsOptions;
  /** Stops looking. */
  signal?: AbortSignal;
}

/** Which records are summed up. All optional. */
export interface SummaryOptions {
  /** Seconds since 1970; both are included. A record without a timestamp is in no range. */
  since?: number;
  until?: number;
  /** A directory with archives of the store, which count, too. */
  archive?: string;
  /** How many of the most frequent types are told; default: 5. */
  types?: number;
  /** Stops the work. */
  signal?: AbortSignal;
}

/** Which records are listed, and how. All optional. */
export interface RecordsOptions extends Omit<SummaryOptions, 'types'> {
  /** default: all three. */
  kind?: 'event' | 'audit' | 'dead_letter';
  /** The class name of an event, or the type of the message in a dead letter. */
  type?: string;
  /** Whom a record is about: an actor's address, such as `local://2`. */
  target?: string;
  /** The newest so many of those that are asked for; default: all. */
  limit?: number;
  /** Newest first; default: oldest first. */
  newestFirst?: boolean;
  /** Goes on with what is appended, until `signal` ends it. Not with `newestFirst` or `until`. */
  follow?: boolean;
  /** Called with what the operator should know, one sentence each. */
  onWarning?: (warning: string) => void;
}

/** Which archives are meant. All optional. */
export interface ArchiveOptions {
  /** The directory with the archives; default: `persistence.archive.dir`. */
  archive?: string;
  /** Those of another store than the opened one: its name or its id, as `archive.list()` tells. */
  of?: string;
  /** Those of all stores in the directory. Not for `restore()`. */
  all?: boolean;
  /** Stops the work. */
  signal?: AbortSignal;
}

/** What is restored, and where to. One of `to` and `write` is needed. */
export interface RestoreOptions extends Omit<ArchiveOptions, 'all'> {
  /** A file, which must not be there yet. */
  to?: string;
  /** Is given the bytes in place of a file; they are valid until it returns. */
  write?: (bytes: Uint8Array) => Promise<void> | void;
  /** Seconds since 1970; both are included. A record without a timestamp is in no range. */
  since?: number;
  until?: number;
  /** default: all records, and whatever else was dropped. */
  kind?: 'event' | 'audit' | 'dead_letter';
  /** Leave out archives that are damaged or missing; default: they are an error, and nothing is restored. */
  skipDamaged?: boolean;
}

/** Which archives are removed. */
export interface PruneOptions extends ArchiveOptions {
  /** Those whose newest record is older. */
  maxAgeSeconds: number;
  /** Only say what would be removed. */
  dryRun?: boolean;
}

/** What the calls of the library may be given; what is wrong with it is said by call.ts. */
import type { Progress } from '../backends/backend.js';
import type { ConfigInput, Overrides } from '../config/types.js';
import type { RecoveryMode } from '../report/recovery.js';
import type { StartupMode } from '../report/startup-check.js';
import type { OddLines } from '../retention/policy.js';

/** How `openSystem()` finds the store. */
export interface OpenOptions extends ConfigInput {
  /**
   * A configuration file; else PAPYRA_CONFIG, else the usual search. Not looked at when `persistence` is
   * given; what else is given (`metrics`) beats the file.
   */
  configFile?: string;
  /** Values that beat file and environment, as flags do. */
  overrides?: Overrides;
  /** The directory where relative paths start and the search begins; default: the working directory. */
  cwd?: string;
  /** Ends whatever waits for an answer of the store; a compaction has one of its own. */
  signal?: AbortSignal;
}

/** How one compaction is done. All optional. */
export interface CompactOptions extends Partial<OddLines> {
  /** Only plan: the report says what would be done. Creates nothing and takes no lock. */
  dryRun?: boolean;
  /** The instant at which retention decides, in seconds since 1970. Only with `dryRun`. */
  now?: number;
  /** Allow a plan that leaves no record at all. */
  allowEmpty?: boolean;
  /** Milliseconds to wait for another run's lock; default 0: do not wait. */
  lockWaitMs?: number;
  /** Remove the expired head of the file without a copy; what expired behind it stays. */
  inPlace?: boolean;
  /** A directory to which what is dropped goes first; default: `persistence.archive.dir`. */
  archive?: string;
  /** Assert that nothing writes to the store: no looking for writers, no waiting for them. */
  offline?: boolean;
  /** Bytes read and written in a second, at most. */
  limitRate?: number;
  /** Redis: consumer groups whose pending and undelivered entries are not protected; true: all. */
  ignoreGroups?: readonly string[] | true;
  /** Milliseconds after which the run stops at the next safe point, with the status `stopped`. */
  maxDurationMs?: number;
  /** Stops the run at the next safe point; the storage is then as it was. */
  signal?: AbortSignal;
  /** Called often, with bytes (or entries) done and in all. */
  onProgress?: (progress: Progress) => void;
}

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
  /** Where the copy goes, with `quarantine`; default: the directory of the log. */
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

/** How a store is looked at. */
export interface DoctorOptions {
  /** Stops looking. */
  signal?: AbortSignal;
}

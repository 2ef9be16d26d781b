import type { PapyraError } from '../errors/errors.js';
import type { RetentionRules } from '../retention/policy.js';
import type { RecoveryMode, RecoveryReport } from '../report/recovery.js';
import type { CompactionReport } from '../report/report.js';
import type { ScanReport } from '../report/scan.js';
import type { StoreFacts } from './facts.js';
import type { RecordBatches, RecordsRequest } from './listing.js';

/** How far a compaction is. */
export interface Progress {
  /** `scan`: reading and deciding; `write`: copying what stays; `trim`: removing what goes. */
  phase: 'scan' | 'write' | 'trim';
  /** Of what `done` and `total` count; left out: bytes. */
  unit?: 'bytes' | 'entries';
  /** Of the store, done in this phase, and in all. */
  done: number;
  total: number;
}

export interface PlanRequest {
  rules: RetentionRules;
  /** Plan only: takes no lock, creates nothing, cleans up nothing. */
  dryRun: boolean;
  /** A plan that leaves no record at all is allowed. */
  allowEmpty: boolean;
  /** Milliseconds to wait for another run's lock. */
  lockWaitMs: number;
  /** Remove the expired head of the file without a copy, in place of a rewrite. */
  inPlace: boolean;
  /** A directory to which what is dropped goes first; undefined: nowhere. */
  archive?: string | undefined;
  /** The operator asserts that nothing writes to the store. */
  offline: boolean;
  /** Consumer groups whose needs do not count: some of them, or (true) all. */
  ignoreGroups?: readonly string[] | true;
  /** Bytes read and written in a second, at most; undefined: as fast as it goes. */
  limitRate?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a compaction will do, decided once: a preview cannot differ from the run. */
export interface Plan {
  /** The report of a dry run. */
  report: CompactionReport;
  /** Of a dry run: why `execute` would do nothing of it now. */
  refusal?: PapyraError | undefined;
  /** Does exactly what `report` says, once. */
  execute(): Promise<CompactionReport>;
  /** Lets go of the lock, and of open files: of a log that was replaced, the space is free then. */
  close(): Promise<void>;
}

/** How much is read, how fast, and who is told. */
export interface ReadRequest {
  /** Bytes read and written in a second, at most; undefined: as fast as it goes. */
  limitRate?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

export interface ScanRequest extends ReadRequest {
  /** So many anomalies are listed; all are counted. */
  limit: number;
}

export interface RecoveryRequest extends ScanRequest {
  mode: RecoveryMode;
  /** Where what is removed goes, with `quarantine`; undefined: beside the log. */
  quarantineDir?: string | undefined;
  /** Plan only: takes no lock, creates nothing, cleans up nothing. */
  dryRun: boolean;
  /** Milliseconds to wait for another run's lock. */
  lockWaitMs: number;
  /** The operator asserts that nothing writes to the store. */
  offline: boolean;
  /** The share of the store's bytes that may go, from 0 to 1. */
  maxDrop: number;
}

/** What a recovery will do, decided once: a preview cannot differ from the run. */
export interface RecoveryPlan {
  /** The report of a dry run. */
  report: RecoveryReport;
  /** Of a dry run: why `execute` would do nothing of it now. */
  refusal?: PapyraError | undefined;
  /** Does exactly what `report` says, once. */
  execute(): Promise<RecoveryReport>;
  /** Lets go of the lock, and of open files. */
  close(): Promise<void>;
}

/** A store that papyra can compact. */
export interface Backend {
  name: string;
  /** What the operator calls the store: a path. null where there is nothing outside the runtime. */
  target: string | null;
  /**
   * Where the counters over all runs live: beside the log at this real path, or in a hash next to the data;
   * where a backend has none, the reason.
   */
  metricsLocation(): { log: string } | { hash: SharedHash } | { unavailable: string };
  /** Bytes that the store takes now; null when unknown. */
  usage(): Promise<number | null>;
  /**
   * Looks whether a compaction could begin: that the store is there and can be opened. Changes nothing, and
   * reads no record. Returns what the operator should know.
   *
   * @throws {PapyraError} what would stop it.
   */
  check(): Promise<string[]>;
  plan(request: PlanRequest): Promise<Plan>;
  /** Reads all of the store and says what is wrong with it. Changes nothing and takes no lock. */
  scan?(request: ScanRequest): Promise<Omit<ScanReport, 'next'>>;
  /** Plans to remove what `scan` names, and nothing else. */
  recover?(request: RecoveryRequest): Promise<RecoveryPlan>;
  /** Lists records of the store that retention has not hidden. Changes nothing and takes no lock. */
  records?(request: RecordsRequest): RecordBatches;
  /** Looks at the store and its surroundings. Changes nothing and takes no lock. */
  examine?(signal: AbortSignal | undefined): Promise<StoreFacts>;
  /** Lets go of connections. */
  close?(): Promise<void>;
}

/** Named fields that several hosts may change at a time. */
export interface SharedHash {
  /** For messages. */
  name: string;
  read(): Promise<Record<string, string>>;
  /**
   * Adds to numbers and sets texts, all or nothing, on the grounds of what is there: when somebody else
   * changes it meanwhile, `change` is asked again.
   */
  update(change: (fields: Record<string, string>) => HashChange): Promise<void>;
}

export interface HashChange {
  add: Record<string, number>;
  set: Record<string, string>;
}

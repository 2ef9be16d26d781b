// Defines what a backend is: how a store of one kind is checked, planned, compacted and examined.
import type { PapyraError } from '../errors/errors.js';
import type { Archiving } from '../files/archive.js';
import type { Room } from '../forecast/forecast.js';
import type { Candidate, Contents } from '../forecast/candidates.js';
import type { Step } from '../forecast/growth.js';
import type { StoreSimulation } from '../report/simulation.js';
import type { RetentionRules } from '../retention/policy.js';
import type { RecoveryMode, RecoveryReport } from '../report/recovery.js';
import type { StoreInspection } from '../report/inspection.js';
import type { CompactionReport } from '../report/report.js';
import type { ScanReport } from '../report/scan.js';
import type { StoreFacts } from './facts.js';
import type { RecordBatches, RecordsRequest } from './listing.js';

/** How far a compaction is. */
export interface Progress {
  /** `scan`: reading and deciding; `write`: copying what stays; `trim`: removing what goes. */
  phase: 'scan' | 'write' | 'trim';
  /** What `done` and `total` count; left out: bytes. */
  unit?: 'bytes' | 'entries';
  /** How much of the store this phase has done, and how much there is. */
  done: number;
  total: number;
}

export interface PlanRequest {
  rules: RetentionRules;
  /** Plan only: takes no lock, creates nothing, cleans up nothing. */
  dryRun: boolean;
  /** A plan that leaves no record at all is allowed. */
  allowEmpty: boolean;
  /** The report of the plan must have the numbers of what goes, also where counting them is work of its own. */
  counted?: boolean;
  /** Milliseconds to wait for another run's lock. */
  lockWaitMs: number;
  /** Remove the expired head of the file without a copy, in place of a rewrite. */
  inPlace: boolean;
  /** Where an archive of what is dropped goes; undefined: no archive. */
  archive?: Archiving | undefined;
  /** The operator asserts that nothing writes to the store. */
  offline: boolean;
  /** Consumer groups whose needs are ignored; true: all of them. */
  ignoreGroups?: readonly string[] | true;
  /** Most bytes to read and write in a second; undefined: no limit. */
  limitRate?: number | undefined;
  /** It is a recovery: truncated ends are mended, too. `quarantine`: a directory to which what is removed goes first. */
  recovery?: { quarantine?: string | undefined };
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a compaction will do. It is decided once, so a preview cannot differ from the run. */
export interface Plan {
  /** The report of a dry run. */
  report: CompactionReport;
  /** Of a dry run: why `execute` could not do it now. */
  refusal?: PapyraError | undefined;
  /**
   * When the records were written. Left out: the backend cannot tell. `near`: seconds; how far apart the two sides of the
   * age limit are needs to be known exactly only where it is more.
   */
  times?(near: number): Promise<PlanTimes>;
  /** Does exactly what `report` says, once. */
  execute(): Promise<CompactionReport>;
  /** In place of `execute`: what is of use to the next run although nothing goes. Does not touch the store. */
  hold?(): Promise<void>;
  /** Releases the lock and closes the files. Only then is the space of a replaced log free. */
  close(): Promise<void>;
}

/** Timestamps of dated records, in seconds since 1970; NaN: there is no such record. */
export interface PlanTimes {
  oldest: number;
  newest: number;
  /** Of those beyond the age limit the newest, and of those within it the oldest. */
  newestExpired: number;
  oldestLive: number;
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

export interface InspectRequest extends ReadRequest {
  rules: RetentionRules;
  /** Reads everything; else a sample of what is large. */
  full: boolean;
  /** What fills the store: the largest `limit` kinds, types or actors. null: is not asked. */
  by: 'kind' | 'type' | 'actor' | null;
  limit: number;
}

export interface SimulateRequest extends ReadRequest {
  /** The policy in force. */
  rules: RetentionRules;
  /** The policies to simulate, for what is in the store. */
  candidatesFor: (contents: Contents) => Candidate[];
  /** Consumer groups whose needs are ignored; true: all of them. */
  ignoreGroups: readonly string[] | true;
}

export interface RecoveryRequest extends ScanRequest {
  mode: RecoveryMode;
  /** Where what is removed goes, with `quarantine`; file stores need it for that. */
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

export interface Backend {
  name: string;
  /** The name of the store for the operator, such as a path. null: nothing is outside the runtime. */
  target: string | null;
  /** Where the counters of all runs are kept: beside the log at this real path, or in a hash; else why nowhere. */
  metricsLocation(): { log: string } | { hash: SharedHash } | { unavailable: string };
  /** Bytes that the store takes now; null when unknown. */
  usage(): Promise<number | null>;
  /** How much room there is where the store is; null: no limit, or not known. */
  room?(): Promise<Room | null>;
  /** What arrived and when, by a sample of the timestamps of what is there. Changes nothing and takes no lock. */
  arrivals?(): Promise<Step[]>;
  /**
   * Checks that the store is there and can be opened. Changes nothing, reads no record, and returns notes.
   *
   * @throws {PapyraError} what would stop it.
   */
  check(): Promise<string[]>;
  plan(request: PlanRequest): Promise<Plan>;
  /** Reads all of the store and says what is wrong with it. Changes nothing and takes no lock. */
  scan?(request: ScanRequest): Promise<Omit<ScanReport, 'next'>>;
  /** Plans to remove what `scan` names, and nothing else. */
  recover?(request: RecoveryRequest): Promise<RecoveryPlan>;
  /** Says what is in the store. Changes nothing and takes no lock. */
  inspect?(request: InspectRequest): Promise<StoreInspection>;
  /** Says what would stay under other limits. Changes nothing and takes no lock. */
  simulate?(request: SimulateRequest): Promise<StoreSimulation>;
  /** Lists records of the store that retention has not hidden. Changes nothing and takes no lock. */
  records?(request: RecordsRequest): RecordBatches;
  /** Looks at the store and its surroundings. Changes nothing and takes no lock. */
  examine?(signal: AbortSignal | undefined): Promise<StoreFacts>;
  /** Closes the connections. */
  close?(): Promise<void>;
}

/** Named fields that several hosts may change at the same time. */
export interface SharedHash {
  /** For messages. */
  name: string;
  read(): Promise<Record<string, string>>;
  /** Makes one change, of what is there now. `change` is called again when somebody else was faster. */
  update(change: (fields: Record<string, string>) => HashChange): Promise<void>;
}

export interface HashChange {
  add: Record<string, number>;
  set: Record<string, string>;
}

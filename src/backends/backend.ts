// Defines what a backend is: how a store of one kind is checked, planned, compacted and examined.
import type { PapyraError } from '../errors/errors.js';
import type { RetentionRules } from '../retention/policy.js';
import type { CompactionReport } from '../report/report.js';
import type { StoreFacts } from './facts.js';

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
  /** Milliseconds to wait for another run's lock. */
  lockWaitMs: number;
  /** Remove the expired head of the file without a copy, in place of a rewrite. */
  inPlace: boolean;
  /** The directory that gets an archive of what is dropped; undefined: no archive. */
  archive?: string | undefined;
  /** The operator asserts that nothing writes to the store. */
  offline: boolean;
  /** Consumer groups whose needs are ignored; true: all of them. */
  ignoreGroups?: readonly string[] | true;
  /** Most bytes to read and write in a second; undefined: no limit. */
  limitRate?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a compaction will do. It is decided once, so a preview cannot differ from the run. */
export interface Plan {
  /** The report of a dry run. */
  report: CompactionReport;
  /** Of a dry run: why `execute` could not do it now. */
  refusal?: PapyraError | undefined;
  /** Does exactly what `report` says, once. */
  execute(): Promise<CompactionReport>;
  /** Releases the lock and closes the files. Only then is the space of a replaced log free. */
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
  /**
   * Checks that the store is there and can be opened. Changes nothing, reads no record, and returns notes.
   *
   * @throws {PapyraError} what would stop it.
   */
  check(): Promise<string[]>;
  plan(request: PlanRequest): Promise<Plan>;
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

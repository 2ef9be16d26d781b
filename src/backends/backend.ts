import type { RetentionRules } from '../retention/policy.js';
import type { CompactionReport } from '../report.js';

/** How far a compaction is. */
export interface Progress {
  /** `scan`: reading and deciding; `write`: copying what stays. */
  phase: 'scan' | 'write';
  /** Bytes of the log done in this phase, and in all. */
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
  /** Bytes read and written in a second, at most; undefined: as fast as it goes. */
  limitRate?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a compaction will do, decided once: a preview cannot differ from the run. */
export interface Plan {
  /** The report of a dry run. */
  report: CompactionReport;
  /** Does exactly what `report` says, once. */
  execute(): Promise<CompactionReport>;
  /** Lets go of the lock, and of open files: of a log that was replaced, the space is free then. */
  close(): Promise<void>;
}

/** A store that papyra can compact. */
export interface Backend {
  name: string;
  /** What the operator calls the store: a path. null where there is nothing outside the runtime. */
  target: string | null;
  /**
   * Where the counters over all runs live: beside the log at this real path; null where a backend has
   * none, for the reason given.
   */
  home(): { log: string } | { unavailable: string };
  /** Bytes that the store takes now; null when unknown. */
  usage(): number | null;
  plan(request: PlanRequest): Promise<Plan>;
}

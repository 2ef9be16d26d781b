// Defines what is stored about the runs of one store.
import type { CompactionReport, CompactionStatus } from '../report/report.js';

/** Counters over all runs of a store. They only grow, until `metrics reset`. */
export interface Counters {
  /** Records that the runtime was seen to append: between two runs, and while one worked. */
  records_written: number;
  records_scanned: number;
  records_dropped: number;
  files_rewritten: number;
  bytes_reclaimed: number;
  /** Runs that ended well, those that had nothing to do included. */
  compactions_run: number;
  /** Runs that failed. */
  compaction_errors: number;
  /** Runs that a signal or their time limit stopped. */
  compactions_stopped: number;
}

/** One run, in short. null: a number that the run did not report. */
export interface HistoryEntry {
  /** ISO 8601, UTC. */
  started_at: string;
  duration_ms: number;
  /** `failed`: it ended with an error, and nothing of it was done. */
  status: CompactionStatus | 'failed';
  records_scanned: number | null;
  records_kept: number | null;
  records_dropped: number | null;
  bytes_before: number | null;
  bytes_after: number | null;
  bytes_reclaimed: number | null;
  bytes_appended: number | null;
  /** Bytes that the store took when the run had ended. */
  disk_usage_bytes: number | null;
  /** Why it, or the first of its parts, failed; null: it did not fail. */
  error: { code: string; message: string } | null;
}

/** A hook that failed after a run. */
export interface HookFailure {
  /** ISO 8601, UTC. */
  at: string;
  /** `after_compact` or `on_error`. */
  hook: string;
  message: string;
}

/** A guard that keeps runs from dropping what has expired. */
export interface Guarded {
  /** `max_drop` refuses them; `min_reclaim` lets them wait. */
  guard: 'max_drop' | 'min_reclaim';
  /** ISO 8601: when the first of them began. */
  since: string;
  /** How many runs in a row. */
  runs: number;
  /** What waits, as far as the last of them knew; of `min_reclaim`. */
  bytes: number | null;
}

export interface MetricsState {
  counters: Counters;
  /** ISO 8601: when counting began. */
  since: string;
  last_compaction: CompactionReport | null;
  /** ISO 8601: when the last run that ended well did so; null: none has. */
  last_success: string | null;
  /** Of the last hook that failed after a run; null: none has, or it has run well since. */
  last_hook_failure: HookFailure | null;
  /** What keeps the last runs from their work; null: nothing does. */
  guarded: Guarded | null;
  /** Readable records in the store when the last run ended; null: no run has told yet. */
  records_left: number | null;
  /** The last runs, oldest first, at most `HISTORY_LENGTH` of them. */
  history: HistoryEntry[];
}

export const HISTORY_LENGTH = 100;

export function freshState(now: Date): MetricsState {
  return {
    counters: {
      records_written: 0,
      records_scanned: 0,
      records_dropped: 0,
      files_rewritten: 0,
      bytes_reclaimed: 0,
      compactions_run: 0,
      compaction_errors: 0,
      compactions_stopped: 0,
    },
    since: now.toISOString(),
    last_compaction: null,
    last_success: null,
    last_hook_failure: null,
    guarded: null,
    records_left: null,
    history: [],
  };
}

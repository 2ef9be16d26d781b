import type { RunResult } from './run.js';
import type { HookFailure, MetricsState } from './state.js';

/** Where the metrics of a store live: a file beside a log, or the server that has the data. */
export interface MetricsStore {
  /** Touches nothing. null when no run was counted yet; a warning when what is there cannot be read. */
  read(): Promise<{ state: MetricsState | null; warning?: string }>;
  /**
   * Counts one run, so that two at the same time are both counted. Returns a warning when something was
   * wrong with what was there.
   */
  record(run: RunResult, signal?: AbortSignal): Promise<string | undefined>;
  /** Remembers how a hook of a run that is counted has ended; null: well. */
  noteHook(failure: HookFailure | null, signal?: AbortSignal): Promise<string | undefined>;
  /** Begins to count anew; `records_left` and `last_success` stay: they are no counters. */
  reset(): Promise<string | undefined>;
}

// Defines what a place for metrics can do: a file beside a log, or a hash on the server that has the data.
import type { RunResult } from './run.js';
import type { HookFailure, MetricsState } from './state.js';

export interface MetricsStore {
  /** Changes nothing. null: no run was counted yet; a warning: the metrics cannot be read. */
  read(): Promise<{ state: MetricsState | null; warning?: string }>;
  /** Counts one run, also when another is counted at the same time. Returns a warning when the metrics were broken. */
  record(run: RunResult, signal?: AbortSignal): Promise<string | undefined>;
  /** Remembers how a hook ended after a counted run; null: well. */
  noteHook(failure: HookFailure | null, signal?: AbortSignal): Promise<string | undefined>;
  /** Sets the counters to zero. `records_left` and `last_success` stay: they are not counters. */
  reset(): Promise<string | undefined>;
}

// Makes the report of the metrics from their stored state.
import type { CompactionReport } from '../report/report.js';
import type { Forecast } from '../report/forecast.js';
import { endedWell, endOf } from './run.js';
import {
  freshState,
  type Counters,
  type Guarded,
  type HistoryEntry,
  type HookFailure,
  type MetricsState,
} from './state.js';

/** What `papyra metrics persistence` shows, and the document of its `--json`. */
export interface MetricsReport extends Record<keyof Counters, number | null> {
  schema: 'papyra.metrics/v1';
  backend: string;
  target: string | null;
  /** Bytes that the store takes now. */
  disk_usage_bytes: number | null;
  /** The report of the last run that made one. */
  last_compaction: CompactionReport | null;
  /** The last run, also when it failed, in short. */
  last_run: HistoryEntry | null;
  /** ISO 8601: when the last run that ended well did so; null: none has. */
  last_success: string | null;
  /** Of the last hook that failed after a run; null: none has, or it has run well since. */
  last_hook_failure: HookFailure | null;
  /** What keeps the last runs from their work; null: nothing does. */
  guarded: Guarded | null;
  /** ISO 8601: when counting began; null before the first run. */
  since: string | null;
  /** How the store grows, and where that leads; null: nothing is known. */
  forecast: Forecast | null;
  /** The last runs, oldest first, where they were asked for. */
  history?: HistoryEntry[];
  /** Why there are no numbers; left out when there are. */
  unavailable?: string;
  warnings: string[];
}

export function metricsReport(
  backend: string,
  target: string | null,
  state: MetricsState | null,
  usage: number | null,
  warning: string | undefined,
  forecast: Forecast | null = null,
): MetricsReport {
  return {
    schema: 'papyra.metrics/v1',
    backend,
    target,
    ...(state ?? freshState(new Date(0))).counters,
    disk_usage_bytes: usage,
    last_compaction: state?.last_compaction ?? null,
    last_run: state?.history.at(-1) ?? null,
    last_success: state?.last_success ?? null,
    last_hook_failure: state?.last_hook_failure ?? null,
    guarded: state?.guarded ?? null,
    since: state?.since ?? null,
    forecast,
    warnings: warning === undefined ? [] : [warning],
  };
}

/** The report for a store without counters: every number is null. */
export function unavailableReport(
  backend: string,
  target: string | null,
  reason: string,
): MetricsReport {
  return {
    schema: 'papyra.metrics/v1',
    backend,
    target,
    records_written: null,
    records_scanned: null,
    records_dropped: null,
    files_rewritten: null,
    bytes_reclaimed: null,
    compactions_run: null,
    compaction_errors: null,
    compactions_stopped: null,
    disk_usage_bytes: null,
    last_compaction: null,
    last_run: null,
    last_success: null,
    last_hook_failure: null,
    guarded: null,
    since: null,
    forecast: null,
    unavailable: reason,
    warnings: [],
  };
}

/** Adds a run that the store may not have counted. */
export function withRun(report: MetricsReport, run: HistoryEntry): MetricsReport {
  return {
    ...report,
    disk_usage_bytes: run.disk_usage_bytes,
    last_run: run,
    last_success: endedWell(run) ? endOf(run) : report.last_success,
  };
}

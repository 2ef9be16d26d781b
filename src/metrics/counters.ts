import type { CompactionReport } from '../report.js';

/** Counters over all runs of a store. They only ever grow, until `metrics reset`. */
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

/** The state of the counters of one store, as it is kept. */
export interface MetricsState {
  counters: Counters;
  /** ISO 8601: when counting began. */
  since: string;
  last_compaction: CompactionReport | null;
  /** Readable records in the store when the last run ended; null: no run has told yet. */
  records_left: number | null;
}

/** How a run ended, for the counters. */
export type RunResult = { report: CompactionReport } | { failed: 'error' | 'stopped' };

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
    records_left: null,
  };
}

/** Counts one run. */
export function count(state: MetricsState, run: RunResult): MetricsState {
  const counters = { ...state.counters };
  if ('failed' in run) {
    counters[run.failed === 'stopped' ? 'compactions_stopped' : 'compaction_errors'] += 1;
    return { ...state, counters };
  }
  const { records, files, bytes, status } = run.report;
  counters.records_written += writtenSince(state.records_left, run.report);
  counters.records_scanned += records.scanned ?? 0;
  counters.records_dropped += records.dropped ?? 0;
  counters.files_rewritten += files.rewritten ?? 0;
  counters.bytes_reclaimed += Math.max(0, bytes.reclaimed ?? 0);
  if (status === 'partial') counters.compaction_errors += 1;
  else if (status === 'stopped') counters.compactions_stopped += 1;
  else counters.compactions_run += 1;
  return {
    ...state,
    counters,
    last_compaction: run.report,
    records_left:
      records.kept === null
        ? null
        : records.kept + (records.expired_left ?? 0) + (records.appended ?? 0),
  };
}

/** A reset begins to count anew, and still knows how far the store had been seen. */
export function reset(state: MetricsState, now: Date): MetricsState {
  return { ...freshState(now), records_left: state.records_left };
}

/** Never negative: what somebody else removed from the store was not unwritten. */
function writtenSince(left: number | null, { records }: CompactionReport): number {
  const between = left === null || records.scanned === null ? 0 : records.scanned - left;
  return Math.max(0, between) + (records.appended ?? 0);
}

// Computes what one run changes in the metrics.
import { PapyraError } from '../errors/errors.js';
import type { CompactionReport } from '../report/report.js';
import type { Counters, Guarded, HistoryEntry, MetricsState } from './state.js';

/** How a run ended. */
export interface RunEnd {
  /** ISO 8601, UTC. */
  started_at: string;
  duration_ms: number;
  /** What was done; null: the run ended before it had a report. */
  report: CompactionReport | null;
  /** Why it, or the first of its parts, failed; null: it did not. */
  error: { code: string; message: string; guard?: 'max_drop' } | null;
}

export interface RunResult extends RunEnd {
  /** Bytes that the store takes after the run; null: not known. */
  usage: number | null;
}

/** `startedAt`: milliseconds since 1970, for a run without a report. */
export function endOfRun(startedAt: number, report?: CompactionReport, error?: Error): RunEnd {
  const { started_at, duration_ms } = report ?? {
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
  };
  const { code, guard } = error instanceof PapyraError ? error : { code: 'internal' };
  return {
    started_at,
    duration_ms,
    report: report ?? null,
    error: error === undefined ? null : { code, message: error.message, ...(guard && { guard }) },
  };
}

export interface RunChange {
  /** Added to the counters, so that runs of several hosts add up. */
  increments: Partial<Counters>;
  /** Replace the earlier values. */
  values: Partial<
    Pick<MetricsState, 'last_compaction' | 'last_success' | 'guarded' | 'records_left'>
  >;
  /** Appended to the history, which then loses its oldest entry if it is too long. */
  entry: HistoryEntry;
}

/** Longer messages are cut, because each run reads the history of a hundred runs. */
const MAX_MESSAGE = 200;

/** `before`: the state after the run before; null: there was none. */
export function changeOf(run: RunResult, before: MetricsState | null): RunChange {
  const entry = entryOf(run);
  const { report } = run;
  const values: RunChange['values'] = {};
  const increments: RunChange['increments'] = { [outcome(entry)]: 1 };
  if (endedWell(entry)) values.last_success = endOf(entry);
  values.guarded = guardedAfter(run, entry, before?.guarded ?? null);
  if (!report) return { increments, values, entry };
  const { records, files, bytes } = report;
  increments.records_written = writtenSince(before?.records_left ?? null, report);
  increments.records_scanned = records.scanned ?? 0;
  increments.records_dropped = records.dropped ?? 0;
  increments.files_rewritten = files.rewritten ?? 0;
  increments.bytes_reclaimed = Math.max(0, bytes.reclaimed ?? 0);
  values.last_compaction = report;
  if (records.kept !== null) {
    // What has expired and was left is among what was kept.
    values.records_left = records.kept + (records.appended ?? 0);
  } else if (typeof before?.records_left === 'number' && records.dropped !== null) {
    // What stays was not read: what was written since the run before is left for the next one to count.
    values.records_left = Math.max(
      0,
      before.records_left - records.dropped + (records.appended ?? 0),
    );
  }
  return { increments, values, entry };
}

/** A run that failed for another reason, or was stopped, tells nothing of the guards. */
function guardedAfter(
  { report, error }: RunResult,
  entry: HistoryEntry,
  before: Guarded | null,
): Guarded | null {
  const waiting = report?.waiting;
  const guard = waiting ? 'min_reclaim' : error?.guard;
  if (guard === undefined) return endedWell(entry) ? null : before;
  const earlier = before?.guard === guard ? before : { since: entry.started_at, runs: 0 };
  return { guard, since: earlier.since, runs: earlier.runs + 1, bytes: waiting?.bytes ?? null };
}

/** The counter that counts the run. */
function outcome({ status }: HistoryEntry) {
  if (status === 'failed' || status === 'partial') return 'compaction_errors';
  return status === 'stopped' ? 'compactions_stopped' : 'compactions_run';
}

/** True also when there was nothing to do; false when the run was stopped, or a part of it failed. */
export function endedWell(entry: HistoryEntry): boolean {
  return outcome(entry) === 'compactions_run';
}

/** When a run ended, in ISO 8601. */
export function endOf({ started_at, duration_ms }: HistoryEntry): string {
  return new Date(Date.parse(started_at) + duration_ms).toISOString();
}

export function entryOf(run: RunResult): HistoryEntry {
  const { started_at, duration_ms, report, error, usage } = run;
  const { records, bytes } = report ?? {};
  return {
    started_at,
    duration_ms,
    status: report?.status ?? (error?.code === 'interrupted' ? 'stopped' : 'failed'),
    records_scanned: records?.scanned ?? null,
    records_kept: records?.kept ?? null,
    records_dropped: records?.dropped ?? null,
    bytes_before: bytes?.before ?? null,
    bytes_after: bytes?.after ?? null,
    bytes_reclaimed: bytes?.reclaimed ?? null,
    bytes_appended: bytes?.appended ?? null,
    disk_usage_bytes: usage,
    error: error && { code: error.code, message: shortened(error.message) },
  };
}

export function shortened(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
}

/** Never negative: somebody else may have removed records. */
function writtenSince(left: number | null, { records }: CompactionReport): number {
  const between = left === null || records.scanned === null ? 0 : records.scanned - left;
  return Math.max(0, between) + Math.max(0, records.appended ?? 0);
}

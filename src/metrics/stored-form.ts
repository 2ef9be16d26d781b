// Writes the metrics as JSON, and checks them when they are read.
import type { CompactionReport } from '../report/report.js';
import { endedWell, endOf, entryOf } from './run.js';
import { freshState, type HistoryEntry, type MetricsState } from './state.js';

/** Earlier versions wrote no `history`, `last_success`, `last_hook_failure` or `guarded`, but can read a state with them. */
const SCHEMA = 'papyra.metrics-store/v1';

export function writeState(state: MetricsState): string {
  return `${JSON.stringify({ schema: SCHEMA, ...state })}\n`;
}

/** The state that `writeState` wrote; `broken`: why the text is not one. */
export function parseState(text: string): { state?: MetricsState; broken?: string } {
  let document: (Partial<MetricsState> & { schema?: unknown }) | null;
  try {
    document = JSON.parse(text) as typeof document;
  } catch {
    return { broken: 'it is not JSON' };
  }
  const { schema, counters, since, last_compaction = null, records_left = null } = document ?? {};
  if (schema !== SCHEMA) return { broken: `it is not of the form ${SCHEMA}` };
  const names = Object.keys(freshState(new Date(0)).counters) as (keyof MetricsState['counters'])[];
  const sound = names.every((name) => isCount(counters?.[name]));
  if (!counters || !sound) return { broken: 'a counter is missing or is no number' };
  if (!isReport(last_compaction)) return { broken: 'its last report is none' };
  if (typeof since !== 'string') return { broken: 'it does not say since when it counts' };
  if (records_left !== null && !isCount(records_left)) {
    return { broken: 'the number of records that were left is none' };
  }
  const { history = toldBy(last_compaction) } = document!;
  if (!Array.isArray(history) || !history.every(isEntry)) return { broken: 'its history is none' };
  const { last_success = lastSuccess(history) } = document!;
  if (last_success !== null && !isTime(last_success)) {
    return { broken: 'the time of the last success is none' };
  }
  const { last_hook_failure = null } = document!;
  if (!isHookFailure(last_hook_failure)) return { broken: 'its last failure of a hook is none' };
  const { guarded = null } = document!;
  if (!isGuarded(guarded)) return { broken: 'what its guards did is none' };
  const others = { guarded, last_success, last_hook_failure, records_left, history };
  return { state: { counters, since, last_compaction, ...others } };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

/** Checks only what is shown: the schema, the time and the status. */
function isReport(value: unknown): boolean {
  if (value === null) return true;
  const { schema, started_at, status } = value as Record<string, unknown>;
  return schema === 'papyra.compaction/v1' && isTime(started_at) && typeof status === 'string';
}

/** Checks only what is shown: the time, the duration, the status and the numbers. */
function isEntry(value: unknown): boolean {
  const { started_at, duration_ms, status, error, ...numbers } = (value ?? {}) as HistoryEntry;
  const { code, message } = error ?? { code: '', message: '' };
  return (
    isTime(started_at) &&
    Number.isFinite(duration_ms) &&
    [status, code, message].every((word) => typeof word === 'string') &&
    Object.values(numbers).every((number) => number === null || Number.isFinite(number))
  );
}

function isHookFailure(value: unknown): boolean {
  if (value === null) return true;
  const { at, hook, message } = value as Record<string, unknown>;
  return isTime(at) && typeof hook === 'string' && typeof message === 'string';
}

function isGuarded(value: unknown): boolean {
  if (value === null) return true;
  const { guard, since, runs, bytes } = value as Record<string, unknown>;
  const isKnown = bytes === null || Number.isFinite(bytes);
  return (
    ['max_drop', 'min_reclaim'].includes(guard as string) &&
    isTime(since) &&
    isCount(runs) &&
    isKnown
  );
}

/** The history for a state without one: the run of its last report. */
function toldBy(report: CompactionReport | null): HistoryEntry[] {
  if (!report) return [];
  const { started_at, duration_ms } = report;
  return [entryOf({ started_at, duration_ms, report, error: null, usage: null })];
}

function lastSuccess(history: HistoryEntry[]): string | null {
  const last = history.findLast(endedWell);
  return last ? endOf(last) : null;
}

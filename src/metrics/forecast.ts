// Makes the forecast of a store from the history of its runs, and from what else is known of its growth.
import { forecastOf, type Room } from '../forecast/forecast.js';
import { DAY, growthOf, LEAST_SECONDS, type Growth, type Step } from '../forecast/growth.js';
import type { Forecast } from '../report/forecast.js';
import type { CompactionReport } from '../report/report.js';
import type { RetentionPolicy } from '../retention/policy.js';
import type { HistoryEntry } from './state.js';

export interface StoreSeen {
  /** Seconds since 1970. */
  now: number;
  policy: RetentionPolicy;
  history: readonly HistoryEntry[];
  last: CompactionReport | null;
  /** Bytes that the store takes now; null: not known. */
  usage: number | null;
  room: Room | null;
  /** What arrived, by the timestamps of what is there; left out: nobody has looked. */
  arrivals?: readonly Step[] | undefined;
}

/** The runs tell more than what they left, so they come first, if they cover a day or more time. */
export function forecastFor({
  now,
  policy,
  history,
  last,
  usage,
  room,
  arrivals,
}: StoreSeen): Forecast {
  const runs = history.filter(isKnown);
  const byRuns = growthOf(stepsOf(history, usage, now));
  const byTimes = arrivals ? growthOf(arrivals) : null;
  const useRuns = (byRuns?.seenDays ?? 0) >= Math.min(1, byTimes?.seenDays ?? 0);
  const growth = useRuns ? byRuns : byTimes;
  return forecastOf({
    now,
    policy,
    parts: last?.backend === 'redis' ? Math.max(1, last.parts.length) : 1,
    growth,
    source: useRuns ? 'runs' : 'timestamps',
    runs: runs.length,
    removal: { ...removalOf(history, growth, now), every: everyOf(runs), left: runs.at(-1)?.bytes_after ?? null }, // prettier-ignore
    size: usage,
    room,
  });
}

/** The growth by the history of the runs. */
export function growthOfRuns(
  history: readonly HistoryEntry[],
  usage: number | null,
  now: number,
): Growth | null {
  return growthOf(stepsOf(history, usage, now));
}

/**
 * What arrived between one run and the next: what a run leaves and what the next one finds, both as they were planned,
 * so that what was appended meanwhile is in it. A run that failed has changed nothing. Of a run that did not tell its
 * numbers nobody knows what it did: nothing is known of the time around it. Nor is it where the store has shrunk
 * between two runs, as somebody else has removed something.
 */
function stepsOf(history: readonly HistoryEntry[], usage: number | null, now: number): Step[] {
  const steps: Step[] = [];
  let before: HistoryEntry | undefined;
  const add = (to: number, bytes: number | null, records: number | null): void => {
    if (!before) return;
    const from = timeOf(before);
    const arrived = difference(bytes, before.bytes_after);
    if (from <= to) steps.push({ from, to, bytes: arrived, records: difference(records, before.records_kept) }); // prettier-ignore
  };
  for (const run of history) {
    if (run.status === 'failed') continue;
    add(timeOf(run), run.bytes_before, run.records_scanned);
    before = run;
  }
  add(now, usage, null);
  return steps;
}

/** null: not known, or something was removed. */
function difference(now: number | null, before: number | null): number | null {
  return now === null || before === null || now < before ? null : now - before;
}

/** A run that tells what it found and what it left. */
function isKnown(run: HistoryEntry): boolean {
  return run.status !== 'failed' && (run.bytes_before ?? run.records_scanned) !== null;
}

function timeOf({ started_at }: HistoryEntry): number {
  return Date.parse(started_at) / 1000;
}

/** What runs removed in the time from which the growth is taken, each of them what had come since the one before. */
function removalOf(history: readonly HistoryEntry[], growth: Growth | null, now: number) {
  if (history.length < 2) return { bytesPerDay: null, recordsPerDay: null };
  const since = now - (growth?.days ?? 0) * DAY;
  // The first run of all removes what came before anybody looked: it only says from when on.
  const inWindow = history.findIndex((run) => timeOf(run) >= since);
  if (inWindow === -1) return { bytesPerDay: null, recordsPerDay: null };
  const begin = Math.max(1, inWindow);
  const runs = history.slice(begin);
  const days = (timeOf(runs.at(-1) ?? history[0]!) - timeOf(history[begin - 1]!)) / DAY;
  // What was removed within minutes says nothing of a day.
  if (!(days * DAY >= LEAST_SECONDS)) return { bytesPerDay: null, recordsPerDay: null };
  const perDay = (of: (run: HistoryEntry) => number | null) =>
    runs.reduce((sum, run) => sum + Math.max(0, of(run) ?? 0), 0) / days;
  return {
    bytesPerDay: perDay(({ bytes_reclaimed }) => bytes_reclaimed),
    recordsPerDay: perDay(({ records_dropped }) => records_dropped),
  };
}

/** Fewer gaps may come from runs by hand. */
const LEAST_GAPS = 3;
const MOST_GAPS = 10;

/** The median of the last gaps, in days. */
function everyOf(runs: readonly HistoryEntry[]): number | null {
  const times = runs.map(timeOf).slice(-MOST_GAPS - 1);
  const gaps = times.slice(1).map((time, at) => (time - times[at]!) / DAY);
  if (gaps.length < LEAST_GAPS) return null;
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)]!;
}

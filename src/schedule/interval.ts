// Chooses how often to compact, and checks a given interval.
import type { Forecast } from '../report/forecast.js';
import { isUnlimited, type RetentionPolicy } from '../retention/policy.js';
import { formatAge, formatBytes, formatCount } from '../output/text.js';
import { PapyraError } from '../errors/errors.js';
import { durationText, parseDuration } from '../units/units.js';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const WEEK = 604_800;

/** The intervals that divide an hour, a day or a week: the five fields of cron cannot express others. */
export const INTERVALS = [
  ...[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12].map((hours) => hours * HOUR),
  ...[DAY, WEEK],
];

const WORDS: Record<string, number> = { hourly: HOUR, daily: DAY, weekly: WEEK };

/**
 * The value of `--every` in seconds: `hourly`, `daily`, `weekly`, or a duration that divides the hour, the
 * day or the week.
 *
 * @throws {PapyraError} `usage` for anything else; the message names the nearest valid intervals.
 */
export function parseInterval(text: string): number {
  const seconds = Object.hasOwn(WORDS, text) ? WORDS[text]! : parseDuration(text);
  if (INTERVALS.includes(seconds)) return seconds;
  const shorter = INTERVALS.findLast((interval) => interval < seconds);
  const longer = INTERVALS.find((interval) => interval > seconds);
  const near = [shorter, longer].filter((interval) => interval !== undefined).map(durationText);
  throw new PapyraError(
    'usage',
    `'${text}' divides neither the hour, the day nor the week; the nearest that does: ${near.join(' or ')}`,
  );
}

/** The growth of a store. */
export interface Growth {
  /** The days over which it was measured. */
  days: number;
  recordsPerDay: number;
  /** null: the size of its records is not known. */
  bytesPerDay: number | null;
}

/** The growth of a forecast; null: too little was seen. */
export function growthOf(forecast: Forecast | null): Growth | null {
  const { basis, records_per_day: recordsPerDay, bytes_per_day: bytesPerDay } = forecast ?? {};
  if (!basis || (recordsPerDay ?? null) === null) return null;
  return { days: basis.window_days, recordsPerDay: recordsPerDay!, bytesPerDay: bytesPerDay ?? null }; // prettier-ignore
}

/** `every` suffices for fewer records and bytes a day than these. */
const TRAFFIC = [
  { word: 'low', every: DAY, records: 100_000, bytes: 100e6 },
  { word: 'medium', every: 12 * HOUR, records: 300_000, bytes: 300e6 },
  { word: 'medium', every: 6 * HOUR, records: 1_000_000, bytes: 1e9 },
  { word: 'high', every: HOUR, records: Infinity, bytes: Infinity },
];

export interface Interval {
  seconds: number;
  /** Why, in a sentence for the operator. */
  reason: string;
}

/** Chooses by traffic, but at most half of the maximum age. `growth`: null when it is not known. */
export function chooseInterval(
  backend: string,
  retention: RetentionPolicy,
  growth: Growth | null,
): Interval {
  const wanted = backend === 'redis' ? REDIS : byTraffic(growth);
  const { max_age_seconds: age } = retention;
  if (age === null || wanted.seconds <= age / 2) return wanted;
  const half = INTERVALS.findLast((interval) => interval <= age / 2);
  const rule = half ? 'a run comes at least twice in that time' : 'nothing runs more often';
  return {
    seconds: half ?? MINUTE,
    reason: `records live for ${formatAge(age)}, and ${rule}; else every ${inWords(wanted.seconds)} would do: ${wanted.reason}`,
  };
}

/** Of the intervals that stores ask for the shortest, with the name of the first that asks for it; undefined: none does. */
export function shortestOf(
  wanted: readonly (Interval & { label: string; asked: boolean })[],
): Interval | undefined {
  const seconds = Math.min(...wanted.map((one) => one.seconds));
  const first = wanted.find((one) => one.seconds === seconds);
  if (!first) return undefined;
  const { label, reason, asked } = first;
  if (asked) return { seconds, reason };
  const others = wanted.some((one) => one.seconds !== seconds);
  return { seconds, reason: `${others ? 'the shortest that a store asks for, which is' : 'all stores ask for it, such as'} ${label}: ${reason}` }; // prettier-ignore
}

const REDIS: Interval = {
  seconds: HOUR,
  reason: 'what has expired in Redis takes memory, and trimming little and often stalls it least',
};

function byTraffic(growth: Growth | null): Interval {
  if (growth === null) {
    const reason =
      'how fast the store grows is not known yet; print this again when compactions have run for a day';
    return { seconds: 6 * HOUR, reason };
  }
  const { days, recordsPerDay, bytesPerDay } = growth;
  const { word, every } = TRAFFIC.find(
    ({ records, bytes }) => recordsPerDay < records && (bytesPerDay ?? 0) < bytes,
  )!;
  const records = formatCount(Math.round(recordsPerDay));
  const size = bytesPerDay === null ? '' : ` (${formatBytes(Math.round(bytesPerDay))})`;
  const seen = days < 1 ? `${(days * 24).toFixed(1)} hours` : `${days.toFixed(1)} days`;
  return {
    seconds: every,
    reason: `traffic is ${word}: about ${records} records${size} a day, seen over ${seen}`,
  };
}

/** `hour`, `6 hours`: what follows the word `every`. */
export function inWords(seconds: number): string {
  return seconds === WEEK ? 'week' : formatAge(seconds).replace(/^1 /, '');
}

/** Warns when records expire more often than the job runs. */
export function intervalWarnings(seconds: number, { max_age_seconds: age }: RetentionPolicy) {
  if (age === null || seconds < age) return [];
  return [
    `a run every ${inWords(seconds)} is not more often than records expire (${formatAge(age)}): they stay for up to ${formatAge(age + seconds)}`,
  ];
}

/** Warns when there is no limit: the job would remove nothing. */
export function limitWarnings(retention: RetentionPolicy): string[] {
  if (!isUnlimited(retention)) return [];
  return [
    'no limit is set, so the job will never remove anything: set persistence.retention in the configuration, or add --max-age, --max-records or --max-total-bytes',
  ];
}

/** How often the service compacts: as above, but at least once an hour, for a run with nothing to do costs little. */
export function serviceInterval(backend: string, retention: RetentionPolicy): Interval {
  const chosen = chooseInterval(backend, retention, null);
  if (chosen.seconds < HOUR) return chosen;
  return { seconds: HOUR, reason: 'a run that has nothing to do costs next to nothing' };
}

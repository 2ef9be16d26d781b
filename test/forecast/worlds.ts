// Makes stores whose growth is known: a rate of arrival over time, and the runs of a compaction as the tool counts them.
import { changeOf, endOfRun } from '../../src/metrics/run.js';
import type { HistoryEntry } from '../../src/metrics/state.js';
import { blankReport } from '../../src/report/report.js';
import type { RetentionPolicy } from '../../src/retention/policy.js';
import type { Random } from '../support/random.js';

export const DAY = 86_400;
/** A Monday. */
export const START = 1_790_553_600;
/** Seconds: arrivals are drawn for each. */
export const TICK = 900;

export const TRAFFIC = ['steady', 'daily', 'weekly', 'bursts', 'growing', 'shrinking'] as const;
export type Traffic = (typeof TRAFFIC)[number];

/** Bytes that arrive in a day, at a time in seconds since START. */
export type Rate = (time: number) => number;

export function rateOf(traffic: Traffic, random: Random, days: number): Rate {
  const base = 10 ** (5 + 4 * random.next());
  switch (traffic) {
    case 'steady':
      return () => base;
    case 'daily': {
      const depth = 0.5 + 0.5 * random.next();
      const phase = 2 * Math.PI * random.next();
      return (time) => base * (1 + depth * Math.sin((2 * Math.PI * time) / DAY + phase));
    }
    case 'weekly': {
      const weekend = 0.1 + 0.4 * random.next();
      return (time) => base * (Math.floor(time / DAY) % 7 >= 5 ? weekend : 1) * nightly(time);
    }
    case 'bursts': {
      // One, of an hour to half a day, that brings as much as four to eight days, and is over for a day or more.
      const length = 3600 + random.next() * (DAY / 2 - 3600);
      const height = ((4 + 4 * random.next()) * DAY) / length;
      const from = (days - 4 - random.next() * 9) * DAY;
      return (time) => base * (1 + (time >= from && time < from + length ? height : 0));
    }
    case 'growing':
      return (time) => base * 1.015 ** (time / DAY);
    case 'shrinking':
      return (time) => base * 0.985 ** (time / DAY);
  }
}

function nightly(time: number): number {
  return 1 + 0.8 * Math.sin((2 * Math.PI * time) / DAY);
}

/** What arrives in each tick, with noise. */
export function arrivals(rate: Rate, random: Random, ticks: number): number[] {
  return Array.from({ length: ticks }, (_, at) => {
    const noise = 0.5 + random.next();
    return Math.round((rate(at * TICK) * TICK * noise) / DAY);
  });
}

export interface World {
  /** Bytes of each tick; the past ends at `now`. */
  arrived: number[];
  /** The number of the tick that is now. */
  now: number;
  policy: RetentionPolicy;
  every: number;
}

const RECORD = 250;

/** A store as it goes on, tick by tick: compactions come every `every` ticks. */
export function live({ arrived, policy, every }: World, until: number) {
  const runs: HistoryEntry[] = [];
  const age = policy.max_age_seconds === null ? Infinity : policy.max_age_seconds / TICK;
  let first = 0;
  let size = 0;
  const sizes: number[] = [];
  for (let tick = 0; tick < until; tick++) {
    size += arrived[tick]!;
    if (tick > 0 && tick % every === 0) {
      const before = size;
      while (first < tick - age) size -= arrived[first++]!;
      while (policy.max_total_bytes !== null && size > policy.max_total_bytes) size -= arrived[first++]!; // prettier-ignore
      runs.push(entry(tick, before, size));
    }
    sizes.push(size);
  }
  return { runs, size, sizes, first };
}

/** The entry of the history, made by what counts runs. */
function entry(tick: number, before: number, after: number): HistoryEntry {
  const startedAt = (START + tick * TICK) * 1000;
  const count = (bytes: number) => Math.round(bytes / RECORD);
  const base = blankReport({ status: 'compacted', backend: 'json', target: '/events.ndjson', policy: { max_age_seconds: null, max_records: null, max_total_bytes: null }, startedAt }); // prettier-ignore
  const report = {
    ...base,
    duration_ms: 900,
    records: {
      ...base.records,
      scanned: count(before),
      kept: count(after),
      dropped: count(before) - count(after),
      appended: 0,
    },
    bytes: { ...base.bytes, before, after, reclaimed: before - after, appended: 0 },
  };
  return changeOf({ ...endOfRun(startedAt, report), usage: after }, null).entry;
}

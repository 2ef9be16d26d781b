import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../src/report/forecast.js';
import {
  chooseInterval,
  growthOf,
  intervalWarnings,
  parseInterval,
} from '../../src/schedule/interval.js';

const HOUR = 3600;
const DAY = 86_400;
const limits = (max_age_seconds: number | null) => ({
  max_age_seconds,
  max_records: null,
  max_total_bytes: null,
});
const growth = (recordsPerDay: number, bytesPerDay: number | null = null) => ({
  days: 12,
  recordsPerDay,
  bytesPerDay,
});

describe('the value of --every', () => {
  test.each([
    ['hourly', HOUR],
    ['daily', DAY],
    ['weekly', 7 * DAY],
    ['15m', 900],
    ['6h', 6 * HOUR],
    ['24h', DAY],
    ['1w', 7 * DAY],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseInterval(text)).toBe(seconds);
  });

  test.each([
    ['5h', '4h or 6h'],
    ['90m', '1h or 2h'],
    ['2d', '1d or 1w'],
    ['30s', '1m'],
    ['5w', '1w'],
  ])('%s is refused, and what would do is named: %s', (text, near) => {
    expect(() => parseInterval(text)).toThrow(`the nearest that does: ${near}`);
  });

  test.each(['often', '6', '', '-1h', 'constructor'])('%j is no interval', (text) => {
    expect(() => parseInterval(text)).toThrow();
  });
});

describe('the interval that is chosen', () => {
  test.each([
    ['low', growth(99_999), DAY],
    ['low', growth(10, 99e6), DAY],
    ['medium', growth(100_000), DAY / 2],
    ['medium', growth(10, 100e6), DAY / 2],
    ['medium', growth(300_000), 6 * HOUR],
    ['high', growth(1_000_000), HOUR],
    ['high', growth(1, 1e9), HOUR],
  ])('for %s traffic, %o: %d seconds', (word, seen, seconds) => {
    const chosen = chooseInterval('json', limits(null), seen);
    expect(chosen.seconds).toBe(seconds);
    expect(chosen.reason).toContain(`traffic is ${word}`);
  });

  test('says what was seen', () => {
    expect(chooseInterval('json', limits(null), growth(41_234.4, 9_800_000)).reason).toBe(
      'traffic is low: about 41,234 records (9.8 MB) a day, seen over 12.0 days',
    );
  });

  test('is six hours while nothing is known, and hourly for Redis', () => {
    expect(chooseInterval('json', limits(null), null).seconds).toBe(6 * HOUR);
    expect(chooseInterval('redis', limits(null), null).seconds).toBe(HOUR);
  });

  test('comes twice in the life of a record, whatever the traffic, and says so', () => {
    const chosen = chooseInterval('json', limits(5 * HOUR), growth(1));
    expect(chosen.seconds).toBe(2 * HOUR);
    expect(chosen.reason).toMatch(
      /^records live for 5 hours, .*; else every day would do: traffic/,
    );
  });

  test('is always shorter than max_age, where a minute is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('json', 'rotating', 'redis', './own.mjs'),
        fc.double({ min: 61, max: 1e9, noNaN: true }),
        fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }).map((n) => growth(n))),
        (backend, age, seen) => {
          const { seconds } = chooseInterval(backend, limits(age), seen);
          expect(seconds).toBeLessThan(age);
          expect(intervalWarnings(seconds, limits(age))).toEqual([]);
        },
      ),
    );
  });

  test('warns where it cannot be shorter than max_age, or was not asked to be', () => {
    expect(chooseInterval('json', limits(30), null).seconds).toBe(60);
    expect(intervalWarnings(60, limits(30))).toEqual([
      'a run every minute is not more often than records expire (30 seconds): they stay for up to 90 seconds',
    ]);
    expect(intervalWarnings(DAY, limits(DAY))).toHaveLength(1);
  });
});

describe('the growth', () => {
  const forecast = (fields: object): Forecast =>
    ({
      basis: { source: 'runs', runs: 9, days: 12, window_days: 7, bursts: 0 },
      records_per_day: 20_000,
      bytes_per_day: 5e6,
      ...fields,
    }) as unknown as Forecast;

  test('is that of the forecast', () => {
    expect(growthOf(forecast({}))).toEqual({ days: 7, recordsPerDay: 20_000, bytesPerDay: 5e6 });
    expect(growthOf(forecast({ bytes_per_day: null }))?.bytesPerDay).toBeNull();
  });

  test('is not known when too little was seen', () => {
    expect(growthOf(null)).toBeNull();
    expect(growthOf(forecast({ basis: null, records_per_day: null }))).toBeNull();
  });
});

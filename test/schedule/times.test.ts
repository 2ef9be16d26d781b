import { CronExpressionParser } from 'cron-parser';
import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { parseInterval } from '../../src/schedule/interval.js';
import { cronFields, onCalendar, timesFor } from '../../src/schedule/times.js';

const EVERY = ['1m', '2m', '15m', '30m', '1h', '2h', '6h', '12h', '1d', '1w'];
const SEEDS = [0, 59, 1234, 0xffffffff];
const FROM = Date.UTC(2026, 10, 22);
const times = EVERY.flatMap((every) =>
  SEEDS.map((seed) => {
    const seconds = parseInterval(every);
    return { seconds, at: timesFor(seconds, seed) };
  }),
);

/** The next starts after FROM, as a parser of cron understands the five fields. */
function cronStarts(fields: string, count: number): number[] {
  const schedule = CronExpressionParser.parse(fields, {
    currentDate: new Date(FROM - 1),
    tz: 'UTC',
  });
  return Array.from({ length: count }, () => schedule.next().getTime());
}

describe('start times', () => {
  test('are evenly apart, by a parser of cron', () => {
    for (const { seconds, at } of times) {
      const starts = cronStarts(cronFields(at), 30);
      const gaps = starts.slice(1).map((start, index) => (start - starts[index]!) / 1000);
      expect({ at, gaps: [...new Set(gaps)] }).toEqual({ at, gaps: [seconds] });
    }
  });

  test('are the same for systemd', () => {
    const specs = times.map(({ at }) => onCalendar(at));
    const args = ['calendar', '--base-time=2026-11-21 23:59:59 UTC', '--iterations=3', ...specs];
    const { stdout } = execaSync('systemd-analyze', args, { env: { TZ: 'UTC' } });
    const elapses = [...stdout.matchAll(/(?:Next elapse|Iter(?:ation)?\.? #\d): \w+ (.*) UTC/g)];
    const seen = elapses.map(([, at]) => Date.parse(`${at!.replace(' ', 'T')}Z`));
    expect(seen).toEqual(times.flatMap(({ at }) => cronStarts(cronFields(at), 3)));
  });

  test('differ from store to store, and once a day they are at night', () => {
    expect(new Set(SEEDS.map((seed) => cronFields(timesFor(3600, seed)))).size).toBeGreaterThan(2);
    for (const seed of SEEDS) expect(cronFields(timesFor(86_400, seed))).toMatch(/^\d+ [345] \* /);
  });
});

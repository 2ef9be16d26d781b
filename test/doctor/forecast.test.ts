import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { forecastOf, type ForecastFacts, type Room } from '../../src/forecast/forecast.js';
import { growthOf, type Step } from '../../src/forecast/growth.js';
import { forecast } from '../../src/doctor/forecast.js';
import type { Facts } from '../../src/doctor/facts.js';
import type { Forecast } from '../../src/report/forecast.js';
import { papyra } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';

const DAY = 86_400;
const NOW = 1_790_000_000;
const steady = (days: number, bytes: number): Step[] => [
  { from: NOW - days * DAY, to: NOW, bytes: bytes * days, records: days * 1000 },
];
const room = (free: number): Room => ({ of: 'disk', free, total: 100e9, copy: true });

function forecastWith(facts: Partial<ForecastFacts> & { steps?: Step[] }): Forecast {
  const { steps = steady(9, 1e9), ...more } = facts;
  return forecastOf({
    now: NOW,
    policy: { max_age_seconds: null, max_records: null, max_total_bytes: null },
    parts: 1,
    growth: growthOf(steps),
    source: 'runs',
    runs: 10,
    removal: { bytesPerDay: null, recordsPerDay: null, every: 1, left: null },
    size: 5e9,
    room: room(50e9),
    ...more,
  });
}

const judge = (found: Forecast) =>
  forecast({
    forecast: found,
    store: null,
    papyra: (...words: string[]) => ['papyra', ...words].join(' '),
  } as unknown as Facts);

describe('the check forecast', () => {
  test.each([
    ['fail', 0.9e9],
    ['warn', 6e9],
    ['pass', 11e9],
  ])('is %s with %d bytes free and 1 GB a day', (status, free) => {
    const found = judge(forecastWith({ room: room(free) }));
    expect(found?.status).toBe(status);
    expect(found?.reason).toContain('the disk is full in');
    expect(found?.reason).toContain('from 10 runs over 9 days');
  });

  test('is a warning when the next run comes after that', () => {
    const removal = { bytesPerDay: null, recordsPerDay: null, every: 12, left: null };
    expect(judge(forecastWith({ room: room(11e9), removal }))?.reason).toContain(
      'may come too late',
    );
  });

  test('passes where the store levels off, and says where', () => {
    const policy = { max_age_seconds: 10 * DAY, max_records: null, max_total_bytes: null };
    const found = judge(forecastWith({ policy }));
    expect(found).toMatchObject({ status: 'pass' });
    expect(found?.reason).toContain('levels off at 11.0 GB in 6 days; 50.0 GB are free');
  });

  test('suggests a limit, as a command, that keeps the disk below 80 %', () => {
    const policy = { max_age_seconds: 90 * DAY, max_records: null, max_total_bytes: null };
    const made = forecastWith({ policy, room: room(6e9), size: 60e9 });
    expect(made.suggestion).toMatchObject({ key: 'max_age_seconds', setting: '21d' });
    expect(made.suggestion!.used_percent).toBeLessThanOrEqual(80);
    expect(judge(made)?.next).toContain('--max-age 21d --dry-run');
  });

  test('is a warning when compaction falls behind', () => {
    const policy = { max_age_seconds: 2 * DAY, max_records: null, max_total_bytes: null };
    const removal = { bytesPerDay: 0.2e9, recordsPerDay: 200, every: 1, left: 5e9 };
    const made = forecastWith({ policy, removal });
    expect(made).toMatchObject({ keeps_up: false, levels_off: null });
    expect(judge(made)).toMatchObject({ status: 'warn' });
  });

  test('says nothing of the days ahead from less than a day, and nothing from less than an hour', () => {
    const hours = forecastWith({ steps: steady(0.2, 1e9) });
    expect(hours).toMatchObject({ full: null, levels_off: null, suggestion: null });
    expect(judge(hours)).toMatchObject({ status: 'pass' });
    expect(judge(forecastWith({ steps: steady(0.2, 1e9), room: room(0.5e9) }))?.status).toBe(
      'fail',
    );
    const none = forecastWith({ steps: steady(0.04, 1e9) });
    expect(none).toMatchObject({ basis: null, bytes_per_day: null });
    expect(judge(none)?.reason).toContain('too little was seen');
  });
});

describe('papyra doctor', () => {
  test('forecasts a store without runs from the timestamps in it', async () => {
    const now = Date.now() / 1000;
    const lines = Array.from({ length: 20_000 }, (_, at) => `{"pad": "${'x'.repeat(50)}", "timestamp": ${now - (20_000 - at) * 20}}\n`); // prettier-ignore
    const path = tempLog(lines.join(''));
    const { stdout } = await papyra(['doctor', '--json', '--path', path, '--max-age', '30d']);
    const { checks } = JSON.parse(stdout) as { checks: { name: string; reason: string }[] };
    const reason = checks.find(({ name }) => name === 'forecast')!.reason;
    const perDay = (lines.join('').length / 400_000) * DAY;
    const [, level] = /levels off at ([\d.]+) MB/.exec(reason)!;
    expect(Math.abs((Number(level) * 1e6) / (perDay * 30) - 1)).toBeLessThan(0.05);
    expect(reason).toContain('from the timestamps of what is there over 5 days');
    expect(dirname(path)).not.toBe('');
  });

  test('does not stumble over a log without times, or with mad ones', async () => {
    for (const text of ['', '{}\n'.repeat(500), 'x\n'.repeat(500), '{"timestamp": 1e300}\n'.repeat(9), '{"timestamp": -1e300}\n{"timestamp": 5}\n']) {
      const path = tempLog('');
      writeFileSync(path, text);
      const { code, stderr } = await papyra(['doctor', '--json', '--path', path, '--max-age', '30d']);
      expect(stderr).toBe('');
      expect([0, 1]).toContain(code);
    }
  }); // prettier-ignore
});

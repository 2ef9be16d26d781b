import { describe, expect, test } from 'vitest';
import { INTERVALS } from '../../src/schedule/interval.js';
import { lockWaitFor, serviceTiming, type ServiceTiming } from '../../src/schedule/timing.js';
import { durationText } from '../../src/units/units.js';

/** As systemd counts starts: the first begins a window, one that comes when it is over begins another. */
function startLimit({ limit, burst }: ServiceTiming): (at: number) => boolean {
  let window: { begin: number; starts: number } | undefined;
  return (at) => {
    if (!window || at - window.begin > limit) window = { begin: at, starts: 0 };
    window.starts += 1;
    return window.starts <= burst;
  };
}

/** Starts of a service that fails each time after `runSeconds`, up to the refusal; null: it is never refused. */
function startsUntilFailed(timing: ServiceTiming, runSeconds: number): number[] | null {
  const isAllowed = startLimit(timing);
  const starts: number[] = [];
  for (let at = 0; starts.length < 100; at += runSeconds + timing.restart) {
    if (!isAllowed(at)) return [...starts, at];
    starts.push(at);
  }
  return null;
}

describe.each(INTERVALS.map((every) => [durationText(every), every] as const))(
  'a service of systemd every %s',
  (_text, every) => {
    const timing = serviceTiming(every);

    test.each([
      ['at once', 0],
      ['when it has waited for the lock', lockWaitFor(every)],
      ['after a fifth of the interval', every / 5],
    ])('that fails %s is tried three times; then the unit has failed', (_when, seconds) => {
      const starts = startsUntilFailed(timing, seconds)!;
      expect(starts).toHaveLength(4);
      expect(starts.at(-1)).toBeLessThan(every - timing.jitter);
    });

    test('that has failed is started again by the timer, however early', () => {
      const accuracy = 1;
      expect(every - timing.jitter - accuracy).toBeGreaterThanOrEqual(timing.limit);
    });
  },
);

test.each([
  ['5m', { restart: 25, limit: 270, lockWait: 50 }],
  ['1h', { restart: 300, limit: 3240, lockWait: 600 }],
  ['2h', { restart: 600, limit: 6480, lockWait: 600 }],
  ['3h', { restart: 600, limit: 9720, lockWait: 600 }],
  ['1d', { restart: 600, limit: 77_760, lockWait: 600 }],
])('the numbers for %s', (text, numbers) => {
  const every = INTERVALS.find((seconds) => durationText(seconds) === text)!;
  expect({ ...serviceTiming(every), lockWait: lockWaitFor(every) }).toMatchObject(numbers);
});

test('a run that takes half of the interval is what no limit can tell from the next one', () => {
  expect(startsUntilFailed(serviceTiming(3600), 1800)).toBeNull();
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressText, parseListen } from '../../src/watch/address.js';
import { intervalFor, nextOnGrid, retryAfter } from '../../src/watch/timing.js';

describe('the next run', () => {
  test('is on the grid of the first one, however long runs take, and never in the past', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 1000, max: 1e6 }),
        fc.integer({ min: 0, max: 1e9 }),
        (due, every, later) => {
          const now = due + later;
          const next = nextOnGrid(due, every, now);
          expect(next).toBeGreaterThan(now);
          expect(next - now).toBeLessThanOrEqual(every);
          expect((next - due) % every).toBe(0);
        },
      ),
    );
  });

  test('stays where it was after a run that came before its time', () => {
    expect(nextOnGrid(10_000, 1000, 9500)).toBe(10_000);
    expect(nextOnGrid(10_000, 1000, 3000)).toBe(10_000);
  });

  test('of Redis comes every five seconds at least', () => {
    expect(intervalFor('redis', 3_600_000)).toBe(5000);
    expect(intervalFor('redis', 1000)).toBe(1000);
    expect(intervalFor('json', 3_600_000)).toBe(3_600_000);
  });
});

describe('after failures', () => {
  test.each([
    ['a second', 1000, [1, 2, 4, 8], 900],
    ['an hour', 3_600_000, [60, 120, 240, 480], 3600],
    ['a day', 86_400_000, [60, 120, 240, 480], 86_400],
  ])(
    'with an interval of %s the pause doubles, up to a longest one',
    (_what, every, first, most) => {
      expect([1, 2, 3, 4].map((times) => retryAfter(times, every) / 1000)).toEqual(first);
      expect(retryAfter(50, every) / 1000).toBe(most);
      expect(retryAfter(5000, every) / 1000).toBe(most);
    },
  );
});

describe('--listen', () => {
  test.each([
    ['9464', '127.0.0.1:9464'],
    ['localhost:1', '127.0.0.1:1'],
    ['0.0.0.0:65535', '0.0.0.0:65535'],
    ['[::1]:9464', '[::1]:9464'],
    ['[::]:0', '[::]:0'],
  ])('takes %s for %s', (text, address) => {
    expect(addressText(parseListen(text))).toBe(address);
  });

  test.each([
    '',
    'x',
    '65536',
    '-1',
    '1.5',
    ':9464',
    '::1:9464',
    '[127.0.0.1]:1',
    'host:1',
    '[]:1',
    '1:2:3',
    '300.0.0.1:1',
    ' 1',
  ])('refuses %j', (text) => {
    // prettier-ignore
    expect(() => parseListen(text)).toThrow(/is not a(n address| port)/);
  });
});

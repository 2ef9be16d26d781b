import { describe, expect, test } from 'vitest';
import { parseCount, parseDuration, parseSize, parseTime } from '../../src/units/units.js';

describe('units', () => {
  test.each([
    ['90s', 90], ['30m', 1800], ['12h', 43_200], ['7d', 604_800], ['4w', 2_419_200], ['1.5h', 5400],
  ])('a duration of %s is %d seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds)); // prettier-ignore

  test.each([
    '7',
    '',
    'd',
    '7 d',
    '-7d',
    '0s',
    '7D',
    '1e3s',
    'Infinity',
    '7dd',
    '600000w',
    '9'.repeat(400) + 'd',
  ])('a duration of %j is refused', (text) => expect(() => parseDuration(text)).toThrow());

  test.each([
    ['1', 1], ['500MB', 500_000_000], ['2GB', 2e9], ['64KiB', 65_536], ['1.5kB', 1500], ['3 MiB', 3 * 2 ** 20],
  ])('a size of %s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes)); // prettier-ignore

  test.each(['', '0', '-1', '1.5', '1XB', 'MB', '1mb', '99999999TB', '9'.repeat(400)])(
    'a size of %j is refused',
    (text) => expect(() => parseSize(text)).toThrow(),
  );

  test.each(['7', '12', '1.25'])('a duration of %s lacks a unit', (text) => {
    expect(() => parseDuration(text)).toThrow(`'${text}' has no unit: write ${text}s`);
  });

  test('a count has any number of digits', () => expect(parseCount(' 120 ')).toBe(120));

  test.each(['0', '-1', '1.5', '1e3', '', 'x', '99999999999999999999'])(
    'a count of %j is refused',
    (text) => expect(() => parseCount(text)).toThrow(),
  );

  test.each([
    ['1790000000', 1_790_000_000],
    ['1790000000.5', 1_790_000_000.5],
    ['2026-11-22T05:00:00Z', 1_795_323_600],
    ['2026-11-22T05:00:00', 1_795_323_600],
    ['2026-11-22T06:00:00+01:00', 1_795_323_600],
    ['2026-11-22', 1_795_305_600],
    ['2026-11-22 06:00+0100', 1_795_323_600],
    ['2024-02-29', 1_709_164_800],
  ])('the time %s is %d, without a zone in UTC', (text, seconds) => {
    expect(parseTime(text)).toBe(seconds);
  });

  test.each([
    ...['tomorrow', '', '22.11.2026', '-5', '2026-13-01', '2026-00-01', '2026-11-00'],
    ...['2026-02-30', '2025-02-29T05:00:00Z', '2026-04-31T00:00:00+01:00', '2026-11-22T25:00:00'],
    ...['2026-11-22 and more', '1790000000000', '9'.repeat(400)],
  ])('the time %j is refused', (text) => expect(() => parseTime(text)).toThrow());
});

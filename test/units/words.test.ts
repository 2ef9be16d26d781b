// What numbers look like in words, and what is said of a word that is no number.
import { describe, expect, test } from 'vitest';
import {
  ageInWords,
  DURATION_PATTERN,
  durationText,
  grouped,
  MAX_SECONDS,
  parseAmount,
  parseCount,
  parseDuration,
  parseMoment,
  parseShare,
  parseSize,
  parseTime,
  plural,
  SHARE_PATTERN,
  SIZE_PATTERN,
} from '../../src/units/units.js';
import { PapyraError } from '../../src/errors/errors.js';

function said(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof PapyraError) return `${error.code}: ${error.message}`;
  }
  return 'nothing';
}

const NO_DURATION = (text: string) => `usage: '${text}' is not a duration such as 90s, 30m, 12h, 7d or 4w`; // prettier-ignore
const NO_SIZE = (text: string) => `usage: '${text}' is not a size such as 500MB, 2GB, 64KiB or a number of bytes`; // prettier-ignore
const NO_TIME = (text: string) => `usage: '${text}' is not a time such as 2026-11-22T05:00:00Z or 1790000000`; // prettier-ignore
const NO_MOMENT = (text: string) => `usage: '${text}' is not a time such as 2h (ago), 2026-11-22T05:00:00Z or 1790000000`; // prettier-ignore
const TOO_LATE = (text: string) => `usage: '${text}' is after the year 9999: it counts seconds since 1970, not milliseconds`; // prettier-ignore

describe('a word that is refused', () => {
  test.each([
    ['7', "usage: '7' has no unit: write 7s, 7m, 7h, 7d or 7w"],
    [' 1.5 ', "usage: ' 1.5 ' has no unit: write 1.5s, 1.5m, 1.5h, 1.5d or 1.5w"],
    ['x7', NO_DURATION('x7')],
    ['7x', NO_DURATION('7x')],
    ['7.', NO_DURATION('7.')],
    ['.7d', NO_DURATION('.7d')],
    ['x7d', NO_DURATION('x7d')],
    ['7dx', NO_DURATION('7dx')],
    ['0s', "usage: '0s' must be more than zero"],
    ['600000w', "usage: '600000w' is more than 10,000 years"],
  ])('as a duration, %j, is told why', (text, why) => {
    expect(said(() => parseDuration(text))).toBe(why);
  });

  test.each([
    ['x1MB', NO_SIZE('x1MB')],
    ['1MBx', NO_SIZE('1MBx')],
    ['1.MB', NO_SIZE('1.MB')],
    ['1.5', "usage: '1.5' is not a whole number of bytes"],
    ['99999999TB', "usage: '99999999TB' is not a whole number of bytes"],
    ['0', "usage: '0' must be more than zero"],
  ])('as a size, %j, is told why', (text, why) => {
    expect(said(() => parseSize(text))).toBe(why);
  });

  test.each(['0', 'x1', '1x', '99999999999999999999'])('as a count, %j, is told why', (text) => {
    expect(said(() => parseCount(text))).toBe(`usage: '${text}' is not a whole number above zero`);
  });

  test.each(['', '5', 'x5%', '5%x', '5.%', '101%', '100.5%'])('as a share, %j, is told why', (text) => {
    expect(said(() => parseShare(text))).toBe(`usage: '${text}' is not a share such as 25%`);
  }); // prettier-ignore

  test.each([
    ['x5', NO_TIME('x5'), NO_MOMENT('x5')],
    ['5x', NO_TIME('5x'), NO_MOMENT('5x')],
    ['2026-02-30', NO_TIME('2026-02-30'), NO_MOMENT('2026-02-30')],
    ['x2026-02-03', NO_TIME('x2026-02-03'), NO_MOMENT('x2026-02-03')],
    ['253402300800', TOO_LATE('253402300800'), TOO_LATE('253402300800')],
  ])('as a time, %j, is told why', (text, why, ofMoment) => {
    expect(said(() => parseTime(text))).toBe(why);
    expect(said(() => parseMoment(text))).toBe(ofMoment);
  });
});

describe('a word that is understood', () => {
  test('may have blanks around it', () => {
    expect([parseDuration(' 2m '), parseSize(' 2kB '), parseCount(' 2 '), parseShare(' 2% '), parseTime(' 2 ')]).toEqual([120, 2000, 2, 0.02, 2]); // prettier-ignore
    expect([parseAmount(' 2% '), parseAmount(' 2kB ')]).toEqual([{ share: 0.02 }, { bytes: 2000 }]);
    expect(parseMoment(' 2m ', 1000)).toBe(880);
  });

  test.each([
    ['1B', 1], ['1kB', 1e3], ['1KB', 1e3], ['1MB', 1e6], ['1GB', 1e9], ['1TB', 1e12],
    ['1KiB', 1024], ['1MiB', 1024 ** 2], ['1GiB', 1024 ** 3], ['1TiB', 1024 ** 4], ['0.5kB', 500], ['10.25kB', 10_250],
  ])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes)); // prettier-ignore

  test('may be the longest that there is', () => {
    expect(parseDuration(`${MAX_SECONDS}s`)).toBe(MAX_SECONDS);
    expect(parseDuration('12.25m')).toBe(735);
    expect(parseTime('253402300799')).toBe(253_402_300_799);
    expect(parseTime('1790000000.25')).toBe(1_790_000_000.25);
    expect([parseShare('100%'), parseShare('0%'), parseShare('12.25%')]).toEqual([1, 0, 0.1225]);
  });

  test('may be a moment that is past, or a time', () => {
    expect([parseMoment('2h', 10_000), parseMoment('1790000000')]).toEqual([2800, 1_790_000_000]);
    const before = Date.now() / 1000 - 60;
    expect(parseMoment('1m')).toBeGreaterThanOrEqual(before);
    expect(parseMoment('1m')).toBeLessThan(before + 60);
  });

  test.each([
    ['2026-11-22T05:00:00.5Z', 1_795_323_600.5],
    ['2026-11-22T05:00:00.25Z', 1_795_323_600.25],
    ['2026-11-22t05:00z', 1_795_323_600],
    ['2026-11-22T03:30:00-01:30', 1_795_323_600],
    ['2026-11-22T03:30:00-0130', 1_795_323_600],
  ])('%s is %d', (text, seconds) => expect(parseTime(text)).toBe(seconds));
});

describe('in words', () => {
  test.each([
    [1, '1s'], [59, '59s'], [60, '1m'], [90, '90s'], [3600, '1h'], [86_400, '1d'], [604_800, '1w'], [1_209_600, '2w'], [0.5, '0.5s'],
  ])('%d seconds are %s', (seconds, text) => expect(durationText(seconds)).toBe(text)); // prettier-ignore

  test.each([
    [0, '0 seconds'], [119.4, '119 seconds'], [120, '2 minutes'], [7199, '120 minutes'], [7200, '2 hours'],
    [172_799, '48 hours'], [172_800, '2 days'], [86_400 * 1234, '1,234 days'],
  ])('an age of %d seconds is %s', (seconds, text) => expect(ageInWords(seconds)).toBe(text)); // prettier-ignore

  test.each([
    [0, '0'], [999, '999'], [1000, '1,000'], [1_234_567, '1,234,567'], [123_456, '123,456'],
  ])('%d is %s', (value, text) => expect(grouped(value)).toBe(text)); // prettier-ignore
  test.each([
    [1, 'entry', '1 entry'],
    [0, 'entry', '0 entries'],
    [3000, 'record', '3,000 records'],
    [2, 'day', '2 days'],
    [null, 'record', '? records'],
  ])('%s of what is called %s: %s', (value, noun, text) => expect(plural(value, noun)).toBe(text)); // prettier-ignore
});

describe('the patterns for editors', () => {
  test.each([
    [DURATION_PATTERN, ['7d', ' 7d ', '0.5s', '10s'], ['7', '0d', '0.0s', 'x7d', '7dx', '']],
    [SIZE_PATTERN, ['7', ' 7MB ', '0.5kB', '3 MiB'], ['0', '0.0MB', 'x7', '7x', '']],
    [SHARE_PATTERN, ['7%', ' 7% ', '0%', '1.5%'], ['7', 'x7%', '7%x', '']],
  ])('%s matches what is understood', (pattern, good, bad) => {
    const matches = (text: string) => new RegExp(pattern).test(text);
    expect(good.filter((text) => !matches(text))).toEqual([]);
    expect(bad.filter(matches)).toEqual([]);
  });
});

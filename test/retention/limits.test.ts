// The limits one by one: what they are, whom they concern, and what an estimate makes of them.
import { describe, expect, test } from 'vitest';
import { decideFreeing, type DatedLine } from '../../src/retention/decide.js';
import { estimatedExpiry } from '../../src/retention/estimate.js';
import {
  ageCutoff,
  isUnlimited,
  lineStatus,
  NOTHING_DROPPED,
  policyOf,
  type RetentionPolicy,
  type RetentionRules,
} from '../../src/retention/policy.js';

const NONE = { max_age_seconds: null, max_records: null, max_total_bytes: null };
const RULES: RetentionRules = { ...NONE, now: 1000, unreadable: 'keep', undated: 'keep' };

describe('the limits', () => {
  test('are three, whatever else the rules say', () => {
    const limits = { max_age_seconds: 1, max_records: 2, max_total_bytes: 3 };
    expect(policyOf({ ...RULES, ...limits })).toEqual(limits);
  });

  test.each([
    [{}, true],
    [{ max_age_seconds: 1 }, false],
    [{ max_records: 1 }, false],
    [{ max_total_bytes: 1 }, false],
    [{ free: { bytes: 1, minAgeSeconds: 1 } }, false],
  ])('with %j a store is without a limit: %j', (given, unlimited) => {
    expect(isUnlimited({ ...NONE, ...given })).toBe(unlimited);
  });

  test('drop nothing, by no rule, where nothing goes', () => {
    expect(NOTHING_DROPPED).toEqual({ age: 0, count: 0, size: 0, free: 0 });
  });

  test('let the floor take the place of the age when space is to be freed', () => {
    const free = { bytes: 1, minAgeSeconds: 10 };
    expect(ageCutoff({ now: 1000, max_age_seconds: 300, free })).toBe(990);
    expect(ageCutoff({ now: 1000, max_age_seconds: 300 })).toBe(700);
    expect(ageCutoff({ now: 1000, max_age_seconds: null })).toBe(-Infinity);
  });

  test('let blank lines stay in a recovery only', () => {
    expect(lineStatus('blank', NaN, { ...RULES, blank: 'keep' })).toBe('pinned');
    expect(lineStatus('blank', NaN, RULES)).toBe('blank');
  });
});

describe('freeing space', () => {
  const floor = { ...RULES, free: { bytes: 1, minAgeSeconds: 100 } };
  const old = (bytes: number): DatedLine => ({ kind: 'record', timestamp: 1, bytes });
  const young: DatedLine = { kind: 'record', timestamp: 950, bytes: 10 };
  const torn: DatedLine = { kind: 'unreadable', bytes: 10 };
  const blank: DatedLine = { kind: 'blank', bytes: 10 };
  const run = (lines: DatedLine[], bytes: number, how: { around?: boolean; rules?: RetentionRules } = {}) =>
    decideFreeing(lines, how.rules ?? floor, { bytes, around: how.around ?? false }); // prettier-ignore

  test('takes the oldest, and no more than is asked for', () => {
    expect(run([old(10), old(10), old(10)], 11)).toEqual(['free', 'free', 'keep']);
    expect(run([old(10), old(10), old(10)], 10)).toEqual(['free', 'keep', 'keep']);
  });

  test('ends at the first record that is too young, and says when that is not enough', () => {
    expect(run([old(10), young, old(10)], 10)).toEqual(['free', 'keep', 'keep']);
    expect(run([old(10), young, old(10)], 11)).toBeNull();
    expect(run([], 1)).toBeNull();
  });

  test('ends at the first line that stays, or goes around it', () => {
    expect(run([old(10), torn, old(10)], 20)).toBeNull();
    expect(run([old(10), torn, old(10)], 20, { around: true })).toEqual(['free', 'keep', 'free']);
    expect(run([torn, old(10), old(10)], 10, { around: true })).toEqual(['keep', 'free', 'keep']);
  });

  test('counts blank and unreadable lines that go, and calls them by their name', () => {
    expect(run([blank, old(10), old(10)], 20)).toEqual(['blank', 'free', 'keep']);
    const drop = { ...floor, unreadable: 'drop' } as const;
    expect(run([torn, old(10), old(10)], 20, { rules: drop })).toEqual(['unreadable', 'free', 'keep']); // prettier-ignore
  });

  test('takes what has no time only on request', () => {
    const undated: DatedLine = { kind: 'undated', bytes: 10 };
    expect(run([undated, old(10)], 10)).toBeNull();
    expect(run([undated, old(10)], 10, { rules: { ...floor, undated: 'drop' } })).toEqual(['free', 'keep']); // prettier-ignore
  });
});

describe('an estimate', () => {
  const expired = { records: 10.4, bytes: 1000.4 };
  const live = { records: 100, bytes: 20_000 };
  const estimate = (limits: Partial<RetentionPolicy>, of = live, old = expired) =>
    estimatedExpiry(old, of, { ...NONE, ...limits }); // prettier-ignore

  test('is what has expired by age where that is the only limit', () => {
    expect(estimate({})).toEqual({ records: 10, bytes: 1000, by: { age: 10, count: 0, size: 0 } });
  });

  test('takes count first, then size of what is left, by the mean size of a record', () => {
    expect(estimate({ max_records: 60 })).toEqual({ records: 50, bytes: 9000, by: { age: 10, count: 40, size: 0 } }); // prettier-ignore
    expect(estimate({ max_records: 60, max_total_bytes: 8000 })).toEqual({ records: 70, bytes: 13_000, by: { age: 10, count: 40, size: 20 } }); // prettier-ignore
    expect(estimate({ max_total_bytes: 8000 })).toEqual({ records: 70, bytes: 13_000, by: { age: 10, count: 0, size: 60 } }); // prettier-ignore
  });

  test('takes nothing where the limits are wider than the store', () => {
    const by = { age: 10, count: 0, size: 0 };
    expect(estimate({ max_records: 101, max_total_bytes: 20_001 })).toEqual({ records: 10, bytes: 1000, by }); // prettier-ignore
    expect(estimate({ max_records: 60, max_total_bytes: 12_001 }).by.size).toBe(0);
  });

  test('of an empty store is nothing', () => {
    const nothing = { records: 0, bytes: 0 };
    const by = { age: 0, count: 0, size: 0 };
    expect(estimate({ max_records: 1, max_total_bytes: 1 }, nothing, nothing)).toEqual({ ...nothing, by }); // prettier-ignore
  });
});

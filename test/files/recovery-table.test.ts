import { expect, it } from 'vitest';
import { compareOld, recoveryFor, type OldLink } from '../../src/files/recovery-table.js';

it.each<[log: boolean, old: OldLink, temp: boolean, recovery: string]>([
  [true, 'none', false, 'clean'],
  [true, 'none', true, 'remove-temp'],
  [true, 'same', false, 'remove-old-then-temp'],
  [true, 'same', true, 'remove-old-then-temp'],
  [true, 'other', false, 'finish-drain'],
  [true, 'other', true, 'foreign-replacement'],
  [false, 'none', false, 'clean'],
  [false, 'none', true, 'log-moved'],
  [false, 'same', false, 'log-moved'],
  [false, 'other', false, 'log-moved'],
  [false, 'other', true, 'log-moved'],
])('log %s, old link %s, temp %s: %s', (log, old, temp, recovery) => {
  expect(recoveryFor({ log, old, temp })).toBe(recovery);
});

it('takes several links for the log only when all of them are', () => {
  expect(compareOld(1, [])).toBe('none');
  expect(compareOld(1, [1])).toBe('same');
  expect(compareOld(1, [1, 1])).toBe('same');
  expect(compareOld(1, [1, 2])).toBe('other');
  expect(compareOld(undefined, [1])).toBe('other');
});

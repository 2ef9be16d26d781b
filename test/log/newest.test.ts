// What is the oldest and the newest, also where a megabyte of lines without a time stands in between.
import { describe, expect, test } from 'vitest';
import type { InspectionReport } from '../../src/index.js';
import { earlier, later } from '../../src/records/sums.js';
import { compact, papyra } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';

const DATED =
  '{"kind": "event", "timestamp": 1700000000}\n{"kind": "event", "timestamp": 1700000009}\n';
const UNDATED = `{"kind": "event", "pad": "${'x'.repeat(200)}"}\n`.repeat(15_000);

describe('the oldest and the newest record', () => {
  test.each([
    ['before lines without a time', DATED + UNDATED],
    ['behind them', UNDATED + DATED],
    ['on both sides of them', DATED + UNDATED + DATED],
  ])('are found %s', async (_, content) => {
    const log = tempLog(content);
    const { stdout } = await papyra(['persistence', 'inspect', '--json', '--full', '--path', log]);
    const times = { oldest: '2023-11-14T22:13:20.000Z', newest: '2023-11-14T22:13:29.000Z' };
    expect((JSON.parse(stdout) as InspectionReport).parts[0]).toMatchObject(times);
    const { code, stderr } = await compact(['--path', log, '--max-age', '1d', '--undated', 'drop']);
    expect(code).toBe(65);
    expect(stderr).toMatch(/the newest is [\d,]+ days old \(2023-11-14T22:13:29/);
  });

  test('a time that is not known is neither', () => {
    const pairs = [[1, 2], [2, 1], [NaN, 1], [1, NaN], [NaN, NaN]] as const; // prettier-ignore
    expect(pairs.map(([one, other]) => earlier(one, other))).toEqual([1, 1, 1, 1, NaN]);
    expect(pairs.map(([one, other]) => later(one, other))).toEqual([2, 2, 1, 1, NaN]);
  });
});

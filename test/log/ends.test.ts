import { closeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readEnds } from '../../src/log/ends.js';
import { openLog } from '../../src/log/open.js';
import { Random, testSeed } from '../support/random.js';
import { tempLog } from '../support/temp.js';

async function endsOf(content: string, budget: number, ended = false) {
  const log = openLog(tempLog(content));
  try {
    return await readEnds(log, budget, ended);
  } finally {
    closeSync(log.fd);
  }
}

const LINES = ['{"timestamp": 5}', 'broken', '{"undated": 1}', '', `{"pad": "${'x'.repeat(90)}"}`];
const isRecord = (line: string) => line.startsWith('{');

describe('the ends of a log', () => {
  test('are whole lines, wherever the budget ends: no half of one is taken for an unreadable one', async () => {
    const random = new Random(testSeed('ends'));
    for (let round = 0; round < 60; round++) {
      const lines = Array.from({ length: random.below(12) }, () => random.pick(LINES));
      const budget = 1 + random.below(150);
      const content = lines.map((line) => `${line}\n`).join('');
      const ends = await endsOf(content, budget);
      const bad = lines.filter((line) => line !== '' && !isRecord(line)).length;
      const all = lines.filter((line) => line !== '').length;
      expect(ends.unreadable).toBeLessThanOrEqual(bad);
      if (ends.whole) expect(ends).toMatchObject({ unreadable: bad, lines: all });
      if (ends.firstUnreadable !== null) {
        expect(content.slice(ends.firstUnreadable)).toMatch(/^broken\n/);
      }
    }
  });

  test('tell the times, and what is behind the last newline, unless nobody appends any more', async () => {
    const content = '{"timestamp": 7}\n{"timestamp": 3}\n{"timestamp": 5}\n{"timestamp": 9}';
    expect(await endsOf(content, 99)).toMatchObject({ oldest: 3, newest: 7, lines: 3, unterminated: 16 }); // prettier-ignore
    expect(await endsOf(content, 99, true)).toMatchObject({ newest: 9, lines: 4, unterminated: 0 });
    expect(await endsOf('', 99)).toMatchObject({ oldest: Infinity, newest: -Infinity, whole: true }); // prettier-ignore
  });
});

import { closeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { blockOf, statusesOf } from '../../src/log/block.js';
import { openLog } from '../../src/log/open.js';
import type { LogScan } from '../../src/log/scan.js';
import { timesOf } from '../../src/log/times.js';
import { noSums } from '../../src/records/sums.js';
import type { RetentionRules } from '../../src/retention/policy.js';
import { Random, testSeed } from '../support/random.js';
import { tempLog } from '../support/temp.js';

const NOW = 1_790_000_000;
const AGE = 5000;

/** A log of some blocks of some lines each, and what its blocks tell of it. */
function randomLog(random: Random) {
  const order = random.pick(['in order', 'in any order']);
  const spread = random.pick([10, 1000, 20_000]);
  const times: number[] = [];
  const blocks: LogScan['blocks'] = [];
  const rules: RetentionRules = { now: NOW, max_age_seconds: AGE, max_records: null, max_total_bytes: null, unreadable: 'keep' } as RetentionRules; // prettier-ignore
  let text = '';
  const count = 1 + random.below(8);
  let at = NOW - AGE - random.below(2 * spread);
  for (let index = 0; index < count; index++) {
    const sums = noSums(text.length);
    const inBlock: number[] = [];
    for (let line = random.below(5); line >= 0; line--) {
      at += (random.below(spread) / count) * random.pick([0.01, 1]);
      const time = order === 'in order' ? at : NOW - AGE + (random.next() - 0.5) * 2 * spread;
      inBlock.push(time);
      text += `{"kind":"event","timestamp":${time}}\n`;
    }
    sums.end = text.length;
    sums.oldest = Math.floor(Math.min(...inBlock));
    sums.newest = Math.floor(Math.max(...inBlock));
    blocks.push(blockOf(sums, statusesOf(rules)));
    times.push(...inBlock);
  }
  return { text, times, blocks, rules };
}

test('records on both sides of the limit: exact where they are further apart than asked, never told to be so where they are not', async () => {
  const random = new Random(testSeed('times'));
  let [reads, far] = [0, 0];
  for (let round = 0; round < 2000; round++) {
    const { text, times, blocks, rules } = randomLog(random);
    const near = random.pick([0, 50, 3000]);
    const log = openLog(tempLog(text));
    const seen = { blocks } as LogScan;
    const told = await timesOf([{ log, seen }], rules, near, () => {
      reads += 1;
      return undefined;
    });
    closeSync(log.fd);
    const expired = times.filter((time) => time < NOW - AGE);
    const live = times.filter((time) => time >= NOW - AGE);
    const [newest, oldest] = [Math.max(...expired), Math.min(...live)];
    const where = `seed ${random.seed}, round ${round}`;
    if (expired.length === 0 || live.length === 0) continue;
    const [is, isTold] = [oldest - newest, told.oldestLive - told.newestExpired];
    // The times of whole blocks are known to a second.
    if (is <= near - 2) expect(isTold, where).toBeLessThanOrEqual(near);
    if (is <= near + 2) continue;
    far += 1;
    expect(Math.abs(isTold - is), where).toBeLessThanOrEqual(2);
  }
  expect(far).toBeGreaterThan(100);
  expect(reads).toBeGreaterThan(100);
});

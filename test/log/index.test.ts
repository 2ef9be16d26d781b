import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openLog } from '../../src/log/open.js';
import { planLog } from '../../src/backends/json/plan.js';
import { loadIndex, saveIndex } from '../../src/log/index-file.js';
import { basename, dirname, join } from 'node:path';
import { namesFor } from '../../src/files/names.js';
import type { Sums } from '../../src/records/sums.js';
import { Random, testSeed } from '../support/random.js';
import { tempLog } from '../support/temp.js';

const START = 1_790_000_000;
const COUNT = 50_000;
/** Half of them have expired then. */
const NOW = START + COUNT;
const LINES = Array.from(
  { length: COUNT },
  (_, n) => `{"n": ${n}, "pad": "${'x'.repeat(150 + (n % 100))}", "timestamp": ${START + n}.5}\n`,
);
const TEXT = LINES.join('');

interface Rules {
  max_age_seconds?: number;
  max_records?: number;
}

async function run(path: string, rules: Rules, inPlace = false) {
  const plan = await planLog(path, {
    rules: {
      ...{ max_age_seconds: null, max_records: null, max_total_bytes: null },
      ...rules,
      ...{ now: NOW, unreadable: 'keep', undated: 'keep' },
    },
    ...{ dryRun: false, allowEmpty: false, lockWaitMs: 0, offline: true },
    inPlace,
  });
  try {
    return await plan.execute();
  } finally {
    await plan.close();
  }
}

function blocksOf(path: string): Sums[] {
  const log = openLog(path);
  try {
    return loadIndex(namesFor(path), log);
  } finally {
    closeSync(log.fd);
  }
}

function forge(path: string, blocks: Sums[]): void {
  const log = openLog(path);
  try {
    saveIndex(namesFor(path), log, blocks);
  } finally {
    closeSync(log.fd);
  }
}

/** Nothing that has not expired may be missing, and what is there is in order. */
function expectNothingLost(path: string, live: string[]): void {
  const left = readFileSync(path, 'utf8');
  expect(left.endsWith(live.join(''))).toBe(true);
}

describe('the index of a log', () => {
  test('knows after a run what is in the log, whichever way it went: the next run says the same', async () => {
    for (const [rules, inPlace] of [
      [{ max_age_seconds: 40_000 }, false],
      [{ max_records: 40_000 }, false],
      [{ max_age_seconds: 40_000 }, true],
      [{ max_age_seconds: 10 ** 9 }, false],
    ] as [Rules, boolean][]) {
      const path = tempLog(TEXT);
      const { records } = await run(path, rules, inPlace);
      const size = statSync(path).size;
      const known = blocksOf(path).reduce((sum, { start, end }) => sum + end - start, 0);
      expect(known).toBeGreaterThan(size * 0.7);
      const again = await run(path, rules, inPlace);
      expect([rules, again.status, again.records.scanned]).toEqual([
        rules,
        'nothing_to_do',
        records.kept,
      ]);
      // What expires later goes as if there were no index.
      await run(path, { max_age_seconds: 20_000 });
      expect([rules, readFileSync(path, 'utf8') === LINES.slice(-20_000).join('')]).toEqual([
        rules,
        true,
      ]);
    }
  }, 120_000);

  test('appended records and what is about to go are read, and nothing else', async () => {
    const path = tempLog(TEXT);
    await run(path, { max_age_seconds: 49_000 });
    const more = `{"n": -1, "timestamp": ${NOW}.5}\n`.repeat(10);
    writeFileSync(path, more, { flag: 'a' });
    // Were the untouched middle read, it would be found out.
    const fd = openSync(path, 'r+');
    writeSync(fd, 'X', Math.floor(statSync(path).size / 2));
    closeSync(fd);
    const { records } = await run(path, { max_age_seconds: 48_000 });
    expect(records).toMatchObject({ scanned: 49_010, dropped: 1000, unreadable: 0 });
  });

  test('one that is wrong in any number never costs a record', async () => {
    const random = new Random(testSeed('wrong index'));
    for (let round = 0; round < 25; round++) {
      const path = tempLog(TEXT);
      await run(path, { max_age_seconds: 10 ** 9 });
      const blocks = blocksOf(path);
      expect(blocks.length).toBeGreaterThan(5);
      for (let lies = 1 + random.below(6); lies > 0; lies--) {
        const block = random.pick(blocks);
        const lie = random.pick<() => void>([
          () => (block.lines.live += random.below(100_000) - 50_000),
          () => (block.bytes.live = random.below(2 ** 31)),
          () => (block.oldest += random.below(100_000) - 50_000),
          () => (block.newest += random.below(100_000) - 50_000),
          () => (block.start += random.below(500)),
          () => (block.end -= random.below(500)),
          () => (block.lines.live = 0),
          () => (block.lines.blank = random.below(2)),
          () => Object.assign(block.lines, { live: 0, blank: 1 + random.below(9) }),
          () => (block.lines.undated = random.below(1000)),
          () => (block.lines.unreadable = random.below(1000)),
          () => void blocks.splice(blocks.indexOf(block), blocks.length > 1 ? 1 : 0),
        ]);
        lie();
      }
      forge(path, blocks);
      const rules = random.pick<Rules>([
        { max_age_seconds: 25_000 },
        { max_records: 25_000 },
        { max_age_seconds: 40_000, max_records: 25_000 },
      ]);
      const inPlace = random.chance(0.3);
      await run(path, rules, inPlace).catch((error: unknown) => {
        expect([random.seed, error]).toEqual([random.seed, expect.objectContaining({ code: 'refused' })]); // prettier-ignore
      });
      expectNothingLost(path, LINES.slice(-25_000));
    }
  }, 300_000);

  test('one that is broken, or of another log, counts for nothing', async () => {
    const path = tempLog(TEXT);
    const index = join(dirname(path), '.papyra', `${basename(path)}.index`);
    await run(path, { max_age_seconds: 10 ** 9 });
    const sound = readFileSync(index);
    const random = new Random(testSeed('broken index'));
    for (let round = 0; round < 20; round++) {
      const bytes = Buffer.from(sound);
      if (round % 2 === 0) bytes[random.below(bytes.length)]! ^= 1 + random.below(255);
      writeFileSync(index, round % 2 === 0 ? bytes : bytes.subarray(0, random.below(bytes.length)));
      expect([random.seed, round, blocksOf(path)]).toEqual([random.seed, round, []]);
    }
    writeFileSync(index, sound);
    expect(blocksOf(path).length).toBeGreaterThan(5);
    // Copied, truncated and grown again: the same name, another log.
    truncateSync(path, 0);
    writeFileSync(path, TEXT.replaceAll('"n"', '"m"'), { flag: 'a' });
    expect(blocksOf(path)).toEqual([]);
    renameSync(path, `${path}.moved`);
    writeFileSync(path, TEXT);
    expect(blocksOf(path)).toEqual([]);
  });
});

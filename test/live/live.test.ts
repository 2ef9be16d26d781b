import { describe, expect, test } from 'vitest';
import { testSeed, Random } from '../support/random.js';
import { papyra } from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';
import { countRecords } from './count.js';
import {
  COMPACT,
  compactInALoop,
  EXPIRED,
  leftovers,
  startCompaction,
  startWriter,
  type Habit,
} from './run.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
/** The long form: so many records of each writer. The short one: so many compactions, and a bound. */
const COUNT = soak ? 350_000 : 1_000_000;
const RUNS = 4;

/**
 * At full speed such a writer would be in the middle of a line half of the time, and begin one in the
 * microseconds between our look at the end of the log and our write: see live-append.ts.
 */
const TORN = { count: Math.ceil(COUNT / 4), habit: 'torn', pauseUs: 200 } as const;

const WHOLE = { lost: 0, twice: 0, torn: 0 };

describe('while a runtime appends', () => {
  test.each([
    ['3 writers at full speed, rewrite', ['append', 'append', 'append'], []],
    ['3 writers at full speed, in place', ['append', 'append', 'append'], ['--in-place']],
    ['3 writers at full speed, with archive', ['append', 'append', 'append'], ['--archive', '.']],
    ['3 writers that hold the log, in place', ['held', 'held', 'held'], ['--in-place']],
    ['a writer that tears lines in two writes, rewrite', ['torn'], []],
    ['a writer that tears lines in two writes, in place', ['torn'], ['--in-place']],
  ] as [string, Habit[], string[]][])(
    '%s, compaction in a loop: nothing lost, twice or torn',
    async (what, habits, mode) => {
      const log = tempLog(EXPIRED.repeat(1000));
      const flags = mode.map((flag) => (flag === '.' ? tempDirectory() : flag));
      const writers = habits.map((habit, index) =>
        startWriter(log, `w${index}`, habit === 'torn' ? TORN : { count: COUNT, habit }),
      );
      let running = writers.length;
      for (const { child } of writers) void child.then(() => (running -= 1));
      const enough = (done: number) => (soak ? running === 0 : done >= RUNS);
      const codes = await compactInALoop(log, enough, flags);
      const written: Record<string, number> = {};
      for (const [index, writer] of writers.entries()) written[`w${index}`] = await writer.stop();
      expect((await papyra([...COMPACT, '--path', log, ...flags])).code).toBe(0);
      const tally = await countRecords(log, written);
      console.log(`${what}: ${JSON.stringify({ codes, written, tally })}`);
      expect(tally).toMatchObject(WHOLE);
      expect(leftovers(log)).toEqual([]);
    },
    soak ? 900_000 : 120_000,
  );

  test('papyra killed at random moments, again and again: nothing lost, twice or torn', async () => {
    const random = new Random(testSeed('live kills'));
    const log = tempLog(EXPIRED.repeat(1000));
    const writers = [0, 1].map((index) => startWriter(log, `w${index}`, { pauseUs: 200 }));
    const kills = soak ? 200 : 40;
    for (let round = 0; round < kills; round++) {
      const run = startCompaction(log);
      // A run takes some 250 ms; the moments that matter are in its last third.
      setTimeout(() => run.kill('SIGKILL'), 60 + random.below(250));
      await run;
    }
    const written: Record<string, number> = {};
    for (const [index, writer] of writers.entries()) written[`w${index}`] = await writer.stop();
    expect((await papyra([...COMPACT, '--path', log])).code).toBe(0);
    const tally = await countRecords(log, written);
    console.log(`${kills} kills: ${JSON.stringify({ written, tally })}`);
    expect(tally).toMatchObject(WHOLE);
    expect(leftovers(log)).toEqual([]);
  }, 300_000);
});

import { execa, execaSync } from 'execa';
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { isRoot, papyra } from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';
import { leftovers, untilAtWork } from './run.js';

/** Without the file that says which directory it is. */
const archivesIn = (directory: string) =>
  readdirSync(directory).filter((name) => name !== '.papyra-archive.json');

const EXPIRED = `{"timestamp": 1.5, "pad": "${'y'.repeat(170)}"}\n`;
const live = (n: number) => `{"n": ${n}, "timestamp": 4000000000.5, "pad": "${'x'.repeat(150)}"}\n`;
const LIVE = Array.from({ length: 10_000 }, (_, n) => live(n)).join('');
/** Some 12 MB, of which most go. */
const TEXT = EXPIRED.repeat(50_000) + LIVE;

const args = (log: string, ...more: string[]) => ['persistence', 'compact', '--path', log, '--max-age', '52w', ...more]; // prettier-ignore
/** A run that takes some seconds, most of them for reading. */
const slowly = (log: string, ...more: string[]) => papyra(args(log, '--limit-rate', '8MB', ...more)); // prettier-ignore

describe('somebody else at the log while papyra works', () => {
  test.each([
    ['rewrite', []],
    ['in place', ['--in-place']],
  ])('%s: moved away for a new one: 75, the new one untouched', async (_mode, flags) => {
    const log = tempLog(TEXT);
    const run = slowly(log, ...flags);
    await untilAtWork(log);
    renameSync(log, `${log}.1`);
    writeFileSync(log, LIVE);
    const { code, stderr } = await run;
    expect([code, stderr]).toEqual([75, expect.stringMatching(/moved|replaced/)]);
    expect(readFileSync(log, 'utf8')).toBe(LIVE);
    expect(readFileSync(`${log}.1`, 'utf8').endsWith(LIVE)).toBe(true);
  });

  test.each([
    ['rewrite', []],
    ['in place', ['--in-place']],
  ])(
    '%s: truncated, and grown again beyond what it was: 75, nothing lost',
    async (_mode, flags) => {
      const log = tempLog(TEXT);
      const run = slowly(log, ...flags);
      await untilAtWork(log);
      truncateSync(log, 0);
      const now = LIVE.repeat(7);
      appendFileSync(log, now);
      const { code, stderr } = await run;
      expect([code, stderr]).toEqual([75, expect.stringContaining('truncated')]);
      expect(readFileSync(log, 'utf8')).toBe(now);
    },
  );

  test.each([
    ['rewrite', []],
    ['in place', ['--in-place']],
  ])('%s: the runtime begins to rewrite it: 75, the log as it was', async (_mode, flags) => {
    const log = tempLog(TEXT);
    const run = slowly(log, ...flags);
    await untilAtWork(log);
    writeFileSync(`${log}.compact.tmp`, 'half');
    const { code, stderr } = await run;
    expect([code, stderr]).toEqual([75, expect.stringContaining('rewriting')]);
    expect(readFileSync(log, 'utf8')).toBe(TEXT);
    expect(leftovers(log)).toEqual([]);
  });

  test('another log whose name only begins alike is rewritten: no matter', async () => {
    const log = tempLog(TEXT);
    writeFileSync(join(dirname(log), 'events-other.ndjson.compact.tmp'), 'half');
    expect((await papyra(args(log))).code).toBe(0);
  });

  test.runIf(isRoot)('a second papyra under another name of the same file: 75', async () => {
    const log = tempLog(TEXT);
    const other = join(tempDirectory(), 'bound.ndjson');
    writeFileSync(other, '');
    execaSync('mount', ['--bind', log, other]);
    try {
      const first = slowly(log, '--in-place');
      await untilAtWork(log);
      const second = await papyra(args(other, '--in-place'));
      expect([second.code, second.stderr]).toEqual([75, expect.stringContaining('another name')]);
      expect((await first).code).toBe(0);
      expect(readFileSync(log, 'utf8').endsWith(LIVE)).toBe(true);
    } finally {
      execaSync('umount', ['--lazy', other]);
    }
  });

  test.each([
    ['one late record', 1],
    ['more than the log held', 3000],
  ])('a log that was emptied after a crash takes %s once', async (_what, count) => {
    const taken = live(0).repeat(1000);
    const log = tempLog(taken);
    const late = Array.from({ length: count }, (_, n) => live(n + 2)).join('');
    // As a run leaves it that is killed right behind the rename, with a writer still at the old file.
    const old = join(dirname(log), `.events.ndjson.papyra.old.${taken.length}.${taken.length}`);
    writeFileSync(old, taken + late);
    truncateSync(log, 0);
    appendFileSync(log, live(1));
    const { code } = await papyra(args(log));
    const lines = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect([code, `${lines.join('\n')}\n`]).toEqual([0, live(1) + late]);
    expect(leftovers(log)).toEqual([]);
  });
});

describe('an archive', () => {
  test('of a run that is refused because the log is held is not made', async () => {
    const log = tempLog(TEXT);
    const archive = tempDirectory();
    const holder = execa('sh', ['-c', `exec sleep 60 >>'${log}'`], { reject: false });
    await sleep(200);
    const run = await papyra(args(log, '--archive', archive));
    holder.kill();
    expect([run.code, archivesIn(archive)]).toEqual([75, []]);
  });

  test('of a rewrite that was taken back is taken back', async () => {
    const log = tempLog(TEXT);
    const archive = tempDirectory();
    const run = slowly(log, '--archive', archive);
    // Once the archive is there, the copy is being written.
    while (!readdirSync(archive).some((name) => name.endsWith('.gz'))) await sleep(10);
    writeFileSync(`${log}.compact.tmp`, 'half');
    expect([(await run).code, archivesIn(archive)]).toEqual([75, []]);
    expect(readFileSync(log, 'utf8')).toBe(TEXT);
  });

  test('directory that many logs of one name share keeps all of them', async () => {
    const archive = tempDirectory();
    const logs = [1, 2, 3].map(() => tempLog(EXPIRED.repeat(10) + live(1)));
    const runs = await Promise.all(logs.map((log) => papyra(args(log, '--archive', archive))));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    // Each with its manifest.
    expect(archivesIn(archive)).toHaveLength(6);
  });

  test('that is a file: 74, nothing done', async () => {
    const log = tempLog(TEXT);
    const file = join(tempDirectory(), 'file');
    closeSync(openSync(file, 'w'));
    const run = await papyra(args(log, '--archive', file));
    expect([run.code, run.stderr]).toEqual([74, expect.stringContaining('nothing was done')]);
  });
});

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { bind, container, disk, emptyFile, namespace, openDirectory } from '../support/mounts.js';
import { CONTENT, expectCompacted, expectForetold, expectRefused, makeLog, OFFLINE, REWRITE, run, startWriter, title, underWriter } from './log.js'; // prettier-ignore

interface Elsewhere {
  /** What the log is called there. */
  point: string;
  /** A process in the namespace in which it is mounted, if that is another one. */
  pid?: number;
  within?: (...command: string[]) => string[];
}

const PLACES: [where: string, make: (log: string) => Promise<Elsewhere>][] = [
  ['at another place of this namespace', async (log) => ({ point: bind(log, emptyFile()) })],
  [
    'in another mount namespace',
    async (log) => {
      const point = emptyFile();
      return { point, ...(await namespace('mount --bind "$1" "$2"', log, point)) };
    },
  ],
  ['in a container', container],
];

const onDisk = () => makeLog(disk('ext4', ['-b', '4096']));

describe.skipIf(!isRoot)(title('a log that is mounted, alone,'), () => {
  describe.each(PLACES)('%s', (_where, make) => {
    test.each([REWRITE, OFFLINE])(
      'is left alone by %s: 75 that names the mount point',
      async (_way, flags) => {
        const log = onDisk();
        const { point, pid, within } = await make(log);
        const writer = startWriter(point, within);
        const { done, appended } = await underWriter(writer, () => run(log, flags));
        const refusal = { code: 75, words: new RegExp(point) };
        expectRefused(log, done, CONTENT + appended, refusal);
        if (pid !== undefined) expect(done.failure?.message).toMatch(/\bpid \d+|namespace/);
        await expectForetold(log, flags, done, refusal);
      },
    );

    test('is compacted with --in-place under a writer there', async () => {
      const log = onDisk();
      const { point, within } = await make(log);
      const writer = startWriter(point, within);
      const { done, appended } = await underWriter(writer, () => run(log, ['--in-place']));
      expectCompacted(log, done, CONTENT + appended);
    });

    test('is compacted with --in-place under a writer here', async () => {
      const log = onDisk();
      await make(log);
      const writer = startWriter(log);
      const { done, appended } = await underWriter(writer, () => run(log, ['--in-place']));
      expectCompacted(log, done, CONTENT + appended);
    });
  });

  test('is rewritten again when that namespace has ended', async () => {
    const log = onDisk();
    const { pid } = await container(log);
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await run(log)).code, { timeout: 20_000 }).toBe(0);
  });

  test('is refused under its other name as a mount point, and compacted there with --in-place', async () => {
    const log = onDisk();
    const point = bind(log, emptyFile());
    const refused = await run(point);
    const refusal = { code: 74, words: /is a mount point/ };
    expectRefused(point, refused, CONTENT, refusal);
    await expectForetold(point, [], refused, refusal);
    const writer = startWriter(log);
    const { done, appended } = await underWriter(writer, () => run(point, ['--in-place']));
    expectCompacted(point, done, CONTENT + appended);
  });
});

describe.skipIf(!isRoot)(title('a log whose directory is mounted a second time'), () => {
  test('is rewritten under a writer there', async () => {
    const log = onDisk();
    const there = bind(join(log, '..'), openDirectory('second'));
    const writer = startWriter(join(there, 'events.ndjson'));
    const { done, appended } = await underWriter(writer, () => run(log));
    expectCompacted(log, done, CONTENT + appended);
  });

  test('is rewritten under a writer in a mount namespace that has only that', async () => {
    const log = onDisk();
    const there = openDirectory('second');
    const { within } = await namespace('mount --bind "$1" "$2"', join(log, '..'), there);
    const writer = startWriter(join(there, 'events.ndjson'), within);
    const { done, appended } = await underWriter(writer, () => run(log));
    expectCompacted(log, done, CONTENT + appended);
  });

  test('is rewritten where another file of it is mounted alone', async () => {
    const log = onDisk();
    mkdirSync(join(log, '../more'));
    bind(makeLog(join(log, '../more')), emptyFile());
    expectCompacted(log, await run(log), CONTENT, ['more']);
  });
});

// What a killed or failed drain leaves, and how the next run brings it over: the functions on files of their own. That
// papyra leaves such files is shown in test/crash.
import { appendFileSync, constants, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { drain } from '../../src/files/drain.js';
import { appendLine, awaitEndOfLine } from '../../src/files/live-append.js';
import { namesFor } from '../../src/files/names.js';
import { findOldLinks } from '../../src/files/old-link.js';
import type { OpenFile } from '../../src/files/read.js';
import { reconcile } from '../../src/files/reconcile.js';
import { openForTest } from '../support/open.js';
import { tempDirectory } from '../support/temp.js';

/** A file with that content, open as a log is. */
function made(content: string | Buffer, name = 'events.ndjson'): OpenFile {
  const path = join(tempDirectory(), name);
  writeFileSync(path, content);
  return { fd: openForTest(path, constants.O_RDWR | constants.O_APPEND), path };
}

const record = (n: number): string => `{"n": ${n}}`;
const line = (n: number): string => `${record(n)}\n`;
const isRecord = (bytes: Buffer): boolean => /^\{"n": \d+\}\n?$/.test(bytes.toString('latin1'));
const recordsIn = ({ path }: OpenFile): string[] => readFileSync(path, 'latin1').split('\n').filter((text) => isRecord(Buffer.from(text))).sort(); // prettier-ignore
/** What a run that was killed leaves: the old file says in its name how far it was taken over. */
function task(
  old: string | Buffer,
  live: string | Buffer,
  { taken, synced } = { taken: 0, synced: 0 },
) {
  const file = made(old, `old.${taken}.${synced}`);
  return {
    old: file,
    live: made(live),
    link: { path: file.path, taken, synced },
    isRecord,
    tick: () => undefined,
  };
}

describe('reconciling', () => {
  test('counts lines that are the same to the byte: what is there twice must be there twice', async () => {
    const work = task(line(1) + line(1) + line(2), line(1));
    expect(await reconcile(work)).toEqual({ added: 2, at: 3 * line(1).length });
    expect(recordsIn(work.live)).toEqual([record(1), record(1), record(2)]);
    expect((await reconcile(work)).added).toBe(0);
  });

  test('a record of another writer behind half of ours is brought over again, and ours as well', async () => {
    const work = task(line(1) + line(2), `${line(1)}{"n": ${line(7)}`);
    await reconcile(work);
    expect(recordsIn(work.live)).toEqual([record(1), record(2), record(7)]);
    expect((await reconcile(work)).added).toBe(0);
  });

  test('so is one behind half of an unfinished rest, behind NULs, and one that was glued to such a one', async () => {
    const glued = `{"n": 9${line(5)}`;
    const work = task(
      `${line(1)}{"n": 99`,
      Buffer.from(`${line(1)}${glued}\0\0\0\0${line(6)}\0\0no record\n`),
    );
    await reconcile(work);
    expect(recordsIn(work.live)).toEqual([record(1), record(5), record(6)]);
    const again = task(`${line(1)}{"n": 99`, `${line(1)}${glued}{"n${line(8)}`); // prettier-ignore
    await reconcile(again);
    expect(recordsIn(again.live)).toEqual([record(1), record(5), record(8)]);
  });

  test('lines that are in the old file, unreadable or not, are no halves of ours, nor is another beginning', async () => {
    const odd = 'no record\n';
    const work = task(`${odd}${line(1)}`, `${odd}${line(1)}{"m": {"n": 3}\n\n  \n`);
    expect((await reconcile(work)).added).toBe(0);
  });

  test('a log that was made shorter is looked at from its start', async () => {
    const work = task(line(1), line(1), { taken: 0, synced: 1000 });
    expect((await reconcile(work)).added).toBe(0);
  });

  test('one that was made shorter, and has grown since a first try was killed: nothing is brought over twice', async () => {
    const work = task(line(1) + line(2), line(3), { taken: 0, synced: 100 });
    expect((await reconcile(work)).added).toBe(2);
    appendFileSync(work.live.path, line(4).repeat(20));
    const { directory, ...names } = namesFor(join(dirname(work.old.path), 'events.ndjson'));
    renameSync(work.link.path, `${names.old}.${basename(work.link.path).slice(4)}`);
    const [link] = findOldLinks({ ...names, directory });
    expect((await reconcile({ ...work, link: link! })).added).toBe(0);
  });

  test('a line that lacks its newline is waited for, then ended', async () => {
    const work = task(line(1), record(1));
    expect((await reconcile(work)).added).toBe(0);
    expect(readFileSync(work.live.path, 'utf8')).toBe(line(1));
  });
});

describe('appending to a log that others write to', () => {
  test('waits for the end of a torn line, which its writer brings', async () => {
    const live = made('{"n": ');
    setTimeout(() => { appendFileSync(live.path, '4}\n'); }, 50); // prettier-ignore
    await appendLine(live, Buffer.from(line(5)));
    expect(readFileSync(live.path, 'utf8')).toBe(line(4) + line(5));
  });

  test('ends it when nobody does', async () => {
    const live = made('{"n": ');
    await appendLine(live, Buffer.from(line(5)));
    expect(readFileSync(live.path, 'utf8')).toBe(`{"n": \n${line(5)}`);
    await awaitEndOfLine(live);
  });

  test('a line does not cross the end of a page: a blank line fills it up', async () => {
    const live = made(`${'x'.repeat(4090)}\n`);
    await appendLine(live, Buffer.from(line(5)));
    const content = readFileSync(live.path, 'utf8');
    expect(content.slice(4091)).toBe(`    \n${line(5)}`);
  });

  test('an empty log gets it at once', async () => {
    const live = made('');
    await appendLine(live, Buffer.from(line(5)));
    expect(readFileSync(live.path, 'utf8')).toBe(line(5));
  });
});

describe('draining', () => {
  const how = { from: 0, offline: true, rested: false, recovering: false }; // prettier-ignore

  test('offline, an unfinished rest is appended as a line of its own', async () => {
    const { old, live, ...rest } = task(`${line(1)}{"n": 2`, '');
    expect(await drain({ ...rest, ...how, old, live })).toMatchObject({ lines: 1, over: true, at: line(1).length }); // prettier-ignore
    expect(readFileSync(live.path, 'utf8')).toBe(`${line(1)}{"n": 2\n`);
  });

  test('but not again where an earlier run has appended it', async () => {
    const { old, live, ...rest } = task(`${line(1)}{"n": 2`, `${line(1)}{"n": 2\n`);
    await drain({ ...rest, ...how, old, live, from: line(1).length, recovering: true });
    expect(readFileSync(live.path, 'utf8')).toBe(`${line(1)}{"n": 2\n`);
    const whole = task(`{"n": 2\n{"n": 2`, `{"n": 2\n`);
    await drain({ ...whole, ...how, from: 8, recovering: true });
    expect(readFileSync(whole.live.path, 'utf8')).toBe(`{"n": 2\n{"n": 2\n`);
  });

  test('while a writer has the old file, it is not over', async () => {
    const { old, live, ...rest } = task(line(1), '');
    const stop = AbortSignal.abort();
    const drained = await drain({ ...rest, ...how, old, live, offline: false, signal: stop });
    // This process has it open for writing.
    expect(drained).toMatchObject({ lines: 1, over: false, look: { who: 'somebody' } });
  });
});

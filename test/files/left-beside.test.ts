// What may be found beside a log, and who may hold it: the functions that judge it, on files of their own.
import { linkSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync, fstatSync, existsSync, readFileSync } from 'node:fs'; // prettier-ignore
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { areSame, fileId, statOf } from '../../src/files/identity.js';
import { readIntent, traceOf, writeIntent } from '../../src/files/intent.js';
import { repairHead } from '../../src/files/head-removal.js';
import { assertArchiveElsewhere } from '../../src/files/kept-space.js';
import { heldBy, lockHolder } from '../../src/files/lock-holder.js';
import { takeLock } from '../../src/files/lock.js';
import { mendTail } from '../../src/files/mend-tail.js';
import { overlayAbove, type SeenMount } from '../../src/files/mounts.js';
import { namesFor, type LogNames } from '../../src/files/names.js';
import { assertOneWay, unitInPlace } from '../../src/files/obstacles.js';
import { oldLink } from '../../src/files/old-link.js';
import { recover, recoverSet } from '../../src/files/recover.js';
import { watchOf } from '../../src/files/watched.js';
import { tryLock } from '../../src/system/locks.js';
import { closeNow, openForTest } from '../support/open.js';
import { tempLog } from '../support/temp.js';

const LINE = '{"kind": "event", "timestamp": 1.5}\n';

function open(path: string, flags: string | number = 'r+') {
  const fd = openForTest(path, flags);
  return { fd, path, stat: fstatSync(fd) };
}

function log(content = LINE.repeat(1000)): ReturnType<typeof open> & { names: LogNames } {
  const path = tempLog(content);
  return { ...open(path), names: namesFor(path) };
}

const tick = (): undefined => undefined;
const isRecord = (): boolean => true;

describe('an intent', () => {
  test('that is not there, is no link, or is about another file, is none', async () => {
    const { names, ...file } = log();
    expect(readIntent(names, file.fd)).toBeNull();
    expect(await repairHead({ log: file, names, tick })).toEqual([]);
    writeFileSync(names.intent, '');
    expect(readIntent(names, file.fd)).toBe('foreign');
    expect(await repairHead({ log: file, names, tick })).toEqual([expect.stringContaining('it is void and removed')]); // prettier-ignore
    expect(existsSync(names.intent)).toBe(false);
    symlinkSync('1.2.3.0123456789.01234.x.y', names.intent);
    expect(readIntent(names, file.fd)).toBe('foreign');
  });

  test.each([
    ['no room for a filler', { align: 4096, start: 4090, keep: 4100 }],
    ['a beginning before the file', { align: 4096, start: -10, keep: 5000 }],
    ['more than any unit', { align: 4096, start: 0, keep: 2 ** 40 }],
  ])('with numbers that no run writes (%s) is none', (_what, numbers) => {
    const { names, fd } = log();
    writeIntent(names, fd, { ...numbers, nonce: '0123456789', trace: '01234' });
    expect(readIntent(names, fd)).toBe('foreign');
  });

  test('whose numbers are no bounds of lines any more is void: nothing is written over', async () => {
    const { names, ...file } = log();
    const before = readFileSync(file.path);
    const offsets = { align: 4096, start: 3601, keep: 5000 };
    writeIntent(names, file.fd, { ...offsets, nonce: '0123456789', trace: traceOf(file, 3601) });
    expect(await repairHead({ log: file, names, tick })).toEqual([expect.stringContaining('what it was about to do is void')]); // prettier-ignore
    expect(readFileSync(file.path)).toEqual(before);
  });
});

describe('the names of a killed run', () => {
  const request = (names: LogNames) => ({ names, offline: true, isRecord, tick });

  test('beside a log that was replaced or moved away: nothing is touched', async () => {
    const { names, path } = log();
    const old = oldLink(names, 0, 0).path;
    writeFileSync(old, LINE);
    writeFileSync(names.temp, LINE);
    await expect(recover(request(names))).rejects.toThrow('was replaced by another process');
    renameSync(path, `${path}.away`);
    await expect(recover(request(names))).rejects.toThrow('was moved away while papyra was at work'); // prettier-ignore
    expect([existsSync(old), existsSync(names.temp)]).toEqual([true, true]);
  });

  test('beside a set: a link of a file of the set goes, one of a set that was moved away stays', async () => {
    const { names, path, fd } = log();
    const old = oldLink(names, 0, 0).path;
    linkSync(path, old);
    const isInSet = (id: string | undefined): boolean => id === fileId(fd);
    expect(await recoverSet({ ...request(names), isInSet })).toEqual([expect.stringContaining('files that it left beside the set are removed')]); // prettier-ignore
    expect(existsSync(old)).toBe(false);
    linkSync(path, old);
    renameSync(path, `${path}.away`);
    await expect(recoverSet({ ...request(names), isInSet: () => false })).rejects.toThrow('was moved away'); // prettier-ignore
    expect(existsSync(old)).toBe(true);
    expect(await recoverSet({ ...request(namesFor(join(dirname(path), 'other'))), isInSet })).toEqual([]); // prettier-ignore
  });
});

describe('a lock', () => {
  test('that nobody has signed: its holder is known from the kernel, and since when is not', async () => {
    const { path } = log();
    const lock = `${path}.lock`;
    writeFileSync(lock, '');
    expect(lockHolder(lock)).toBeNull();
    const held = open(lock);
    expect(tryLock(held.fd)).toBe(true);
    expect(lockHolder(lock)).toMatchObject({ pid: process.pid, since: null });
    writeFileSync(lock, `pid ${process.pid} on here since never\n`);
    expect(lockHolder(lock)).toMatchObject({ since: null });
    expect(lockHolder(`${lock}.gone`)).toBeNull();
    expect(lockHolder(dirname(lock))).toEqual({ odd: dirname(lock) });
    expect(() => lockHolder(`${lock}/below`)).toThrow('not a directory');
    const free = log('');
    expect((await heldBy(free, 'the store')).message).toBe('another run of papyra is working on the store'); // prettier-ignore
  });

  test('that is waited for until a stop', async () => {
    const { path } = log();
    const lock = `${path}.lock`;
    writeFileSync(lock, '');
    const held = open(lock);
    expect(tryLock(held.fd)).toBe(true);
    const owner = statSync(lock);
    const request = { path: lock, target: path, owner, waitMs: 60_000 };
    await expect(takeLock({ ...request, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' }); // prettier-ignore
    await expect(takeLock({ ...request, waitMs: 0 })).rejects.toMatchObject({ code: 'try_again' });
  });

  test('of the log itself that a stranger holds: it is worked on only where no other name leads to it', () => {
    const { path, stat } = log();
    assertOneWay({ ...open(path), stat }, 'a stranger holds it');
    linkSync(path, `${path}.link`);
    expect(() => assertOneWay(open(path), 'a stranger holds it')).toThrow(
      'it has other hard links',
    );
    linkSync(path, `${path}.more`);
    const again = open(path);
    expect(() => unitInPlace(again, namesFor(path))).toThrow('has 2 other hard links: --in-place would change them, too'); // prettier-ignore
  });
});

test('the end of a log is mended only while it is what it was, and its lock is ours', () => {
  const { names, ...file } = log(`${LINE}{"kind": "ev`);
  const torn = { start: LINE.length, end: LINE.length + 12, isRecord: false };
  expect(mendTail(file, { ...torn, end: 9 }, { offline: true })).toBe(false);
  expect(readFileSync(file.path, 'utf8')).toContain('"ev');
  const other = open(names.log);
  expect(tryLock(file.fd)).toBe(true);
  expect(mendTail(file, torn, { offline: true })).toBe(true);
  expect(readFileSync(file.path, 'utf8')).toBe(LINE);
  closeNow(file.fd);
  expect(tryLock(other.fd)).toBe(true);
  const late = open(names.log);
  expect(() => mendTail(late, torn, { offline: true })).toThrow('another run is at work');
});

test('an archive on the file system of the log frees nothing, and one elsewhere does', () => {
  const { names, path } = log();
  assertArchiveElsewhere(undefined, names);
  expect(() => assertArchiveElsewhere(dirname(path), names)).toThrow('what it takes is not freed');
  const memory = mkdtempSync('/dev/shm/papyra-test-');
  try {
    assertArchiveElsewhere(memory, names);
    assertArchiveElsewhere(join(memory, 'gone'), names);
  } finally {
    rmSync(memory, { recursive: true });
  }
});

test('what is not there is the same as nothing, and an overlay may have no upper directory', () => {
  const { path } = log();
  expect(areSame(statOf(path), statOf(`${path}.gone`))).toBe(false);
  expect(areSame(statOf(path), statOf(path))).toBe(true);
  const mount: SeenMount = { id: 1, device: '0:1', root: '/', point: '/merged', type: 'overlay', options: ['lowerdir=/a'], pid: process.pid, here: true }; // prettier-ignore
  expect(overlayAbove(path, [mount])).toBeUndefined();
  expect(watchOf(9999)).toBeUndefined();
});

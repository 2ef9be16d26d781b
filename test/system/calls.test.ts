// C functions on files that do not have what is asked for.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attributesOf, flagsOf, removeAttribute, setAttribute, setProject } from '../../src/system/attributes.js'; // prettier-ignore
import { sendDatagram } from '../../src/system/datagram.js';
import { codeOf } from '../../src/system/library.js';
import { whyNoLink } from '../../src/system/link.js';
import { askForReadLease, tryLock, whileAlone } from '../../src/system/locks.js';
import { openNameless } from '../../src/system/nameless.js';
import { startWriteback } from '../../src/system/page-cache.js';
import { oddAttributes } from '../support/mounts.js';
import { closeLater, closeNow, openForTest } from '../support/open.js';
import { isRoot } from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const NOTE = { name: Buffer.from('user.note'), value: Buffer.from('a') };

describe('a file system without attributes, flags and projects', () => {
  test('has none, and lacks nothing', () => {
    const fd = openForTest('/proc/self/status');
    expect(attributesOf(fd)).toEqual([]);
    expect(flagsOf(fd)).toMatchObject({ project: 0, immutable: false, appendOnly: false });
    setProject(fd, 7);
    removeAttribute(fd, NOTE.name);
    expect(() => setAttribute(fd, NOTE)).toThrow(expect.objectContaining({ syscall: 'fsetxattr' })); // prettier-ignore
  });
});

describe.skipIf(!isRoot)('a file system whose attributes are not what it says', () => {
  const attributesAt = (name: string) => attributesOf(openForTest(join(oddAttributes(), name)));
  test('that knows none has none, and one that is gone when it is asked for is none', () => {
    expect(attributesAt('none')).toEqual([]);
    expect(attributesAt('gone')).toEqual([]);
  });
  test('one that cannot be read is an error: it would be lost', () => {
    expect(() => attributesAt('broken')).toThrow('EIO, fgetxattr');
  });
});

describe('a kernel that is not Linux', () => {
  const { platform } = process;
  beforeEach(() => Object.defineProperty(process, 'platform', { value: 'darwin' }));
  afterEach(() => Object.defineProperty(process, 'platform', { value: platform }));
  test('is not asked for what only Linux has', () => {
    expect(attributesOf(9999)).toEqual([]);
    removeAttribute(9999, NOTE.name);
    expect(flagsOf(9999)).toMatchObject({ project: 0, immutable: false, appendOnly: false });
    expect(askForReadLease(9999)).toBe('unknown');
    expect(whileAlone(9999, () => expect.unreachable())).toBe(false);
  });
});

describe('a descriptor that is not open', () => {
  const gone = { code: 'EBADF' };
  test.each([
    ['attributes', () => attributesOf(9999)],
    ['the removal of one', () => removeAttribute(9999, NOTE.name)],
    ['flags', () => flagsOf(9999)],
    ['a lock', () => tryLock(9999)],
  ])('%s: the error of the kernel', (_what, call) => {
    expect(call).toThrow(expect.objectContaining(gone));
  });

  test('leases are unknown, and hints are only hints', () => {
    expect(askForReadLease(9999)).toBe('unknown');
    expect(whileAlone(9999, () => expect.unreachable())).toBe(false);
    startWriteback(9999, 0, 1);
  });
});

test('two descriptors of a file do not both get its lock', () => {
  const path = tempLog('');
  expect([tryLock(openForTest(path)), tryLock(openForTest(path))]).toEqual([true, false]);
});

test('a write lease is granted to the one who has a file open, and a read lease where nobody writes', () => {
  const path = tempLog('');
  const fd = openForTest(path, 'r+');
  let alone = false;
  expect([whileAlone(fd, () => (alone = true)), alone]).toEqual([true, true]);
  expect(askForReadLease(fd)).toBe('refused');
  closeNow(fd);
  expect(askForReadLease(openForTest(path))).toBe('granted');
});

describe('a hard link', () => {
  test('is possible, also where the name is taken; into another file system it is not', () => {
    const directory = tempDirectory();
    const nameless = closeLater(openNameless(directory)!);
    writeFileSync(join(directory, 'taken'), '');
    expect(whyNoLink(nameless, join(directory, 'free'))).toBeUndefined();
    expect(whyNoLink(nameless, join(directory, 'taken'))).toBeUndefined();
    expect(whyNoLink(nameless, '/dev/shm/papyra-probe')).toBe('EXDEV');
  });
});

describe('a file without a name', () => {
  test('is not to be had below what is not there', () => {
    expect(() => openNameless(join(tempDirectory(), 'gone'))).toThrow('ENOENT');
  });
});

test('a datagram to where nobody receives, or to a name that is too long, is an error', () => {
  for (const path of [join(tempDirectory(), 'nobody'), '@papyra-nobody']) {
    expect(() => sendDatagram(path, 'x')).toThrow(/ENOENT|ECONNREFUSED/);
    expect(() => sendDatagram(`${path}${'x'.repeat(200)}`, 'x')).toThrow('ENAMETOOLONG');
  }
});

test('only what a system call threw has a code', () => {
  expect(codeOf(new Error('a'))).toBeUndefined();
  expect(codeOf('a')).toBeUndefined();
});

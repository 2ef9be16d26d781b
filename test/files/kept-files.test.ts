// Small files that papyra keeps, as they may be found: cut off, changed, of a later version, or something else.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync, closeSync, openSync, existsSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MANIFEST_SCHEMA, readManifest } from '../../src/files/archive-manifest.js';
import { memoryBeside, memoryText, parseMemory, rememberedStore } from '../../src/files/archive-memory.js'; // prettier-ignore
import { DIRECTORY_FILE, sha256Of } from '../../src/files/archive-names.js';
import { assertArchivePlace, directoryId, ensureDirectoryId } from '../../src/files/archive-place.js'; // prettier-ignore
import { publishFile } from '../../src/files/durable.js';
import { fillers, oneFiller } from '../../src/files/filler.js';
import { resolveLinks } from '../../src/files/links.js';
import { moveAside } from '../../src/files/move-aside.js';
import { pathState } from '../../src/files/path-state.js';
import { tempDirectory } from '../support/temp.js';

const file = (content: string | Uint8Array, name = 'file'): string => {
  const path = join(tempDirectory(), name);
  writeFileSync(path, content);
  return path;
};

describe('a manifest', () => {
  const signed = (text: string): string => `${text.slice(0, -1)},"manifest_sha256":"${sha256Of(text)}"}\n`; // prettier-ignore
  const good = JSON.stringify({ schema: MANIFEST_SCHEMA, file: 'a' });

  test('that is whole is read', () => {
    expect(readManifest(file(signed(good)))).toMatchObject({ file: 'a' });
  });

  test.each([
    ['cut off', signed(good).slice(0, -9), 'it is cut off, or no manifest of papyra'],
    ['changed', signed(good).replace('"a"', '"b"'), 'it was changed: its checksum is another one'],
    ['of a later version', signed(good.replace('/v1', '/v9')), 'its form is papyra.archive/v9: a later papyra wrote it'],
    ['no JSON', signed('{"a": }'), 'it is not JSON'],
  ])('that is %s is none, and why is said', (_what, content, why) => {
    expect(readManifest(file(content))).toBe(why);
  }); // prettier-ignore

  test('is no directory, no link, and not of any size', () => {
    const path = file(signed(good));
    symlinkSync(path, `${path}.link`);
    expect(readManifest(`${path}.link`)).toBe('it is a symbolic link');
    expect(readManifest(tempDirectory())).toBe('it is no manifest of papyra');
    truncateSync(path, (16 << 20) + 1);
    expect(readManifest(path)).toBe('it is no manifest of papyra');
    expect(() => readManifest(`${path}.gone`)).toThrow('no such file');
  });
});

describe('what is remembered of archives', () => {
  const remembered = { store_id: 'a', directory: '/b', directory_id: 'c', run: 'd' };

  test('is read as it was written; another form, or a part of it, is nothing', () => {
    expect(parseMemory(memoryText(remembered))).toEqual(remembered);
    expect(parseMemory(memoryText(remembered).replace('/v1', '/v2'))).toBeUndefined();
    expect(parseMemory(JSON.stringify({ schema: 'papyra.archive-memory/v1', run: 'd' }))).toBeUndefined(); // prettier-ignore
    expect(parseMemory('{')).toBeUndefined();
  });

  test('is nothing where the directory of the log is not there, and then it cannot be remembered', async () => {
    const memory = memoryBeside(join(tempDirectory(), 'gone', 'events.ndjson'));
    expect(await memory.read()).toBeUndefined();
    expect(await rememberedStore(memory)).toBeUndefined();
  });

  test('another directory under the same path is refused before anything is done', async () => {
    const log = join(tempDirectory(), 'events.ndjson');
    writeFileSync(log, '');
    const memory = memoryBeside(log);
    const [directory, other] = [tempDirectory(), tempDirectory()];
    const id = ensureDirectoryId(directory, join(directory, 'temp'));
    await memory.write({ ...remembered, directory, directory_id: id });
    await assertArchivePlace(directory, memory);
    await assertArchivePlace(other, memory);
    await memory.write({ ...remembered, directory, directory_id: 'another' });
    await expect(assertArchivePlace(directory, memory)).rejects.toThrow('is that of another directory'); // prettier-ignore
    rmSync(join(directory, DIRECTORY_FILE));
    await expect(assertArchivePlace(directory, memory)).rejects.toThrow('is not in it; is its volume mounted?'); // prettier-ignore
    await expect(assertArchivePlace(`${directory}${'x'.repeat(300)}`, memory)).rejects.toThrow('the name is too long'); // prettier-ignore
    await expect(assertArchivePlace(log, memory)).rejects.toThrow('is not a directory');
  });
});

describe('the id of an archive directory', () => {
  test.each([
    ['of another form', '{"schema": "other", "id": "a"}'],
    ['without an id', '{"schema": "papyra.archive-directory/v1"}'],
    ['longer than any', ' '.repeat(5000)],
    ['no JSON', 'a'],
  ])('in a file that is %s is none, and no archive goes there', (_what, content) => {
    const directory = tempDirectory();
    writeFileSync(join(directory, DIRECTORY_FILE), content);
    expect(directoryId(directory)).toBeUndefined();
    expect(() => ensureDirectoryId(directory, join(directory, 'temp'))).toThrow('cannot be read: it should say which directory this is'); // prettier-ignore
    expect(readFileSync(join(directory, DIRECTORY_FILE), 'utf8')).toBe(content);
  });
});

test('a published file takes the leftovers of killed runs with it, but no young ones, and no others', () => {
  const path = file('before', 'papyra.prom');
  const own = (id: string): string => join(path, '..', `.papyra.prom.papyra.${id}`);
  for (const id of ['0a-1', '0b-2', 'note.txt']) writeFileSync(own(id), '');
  utimesSync(own('0a-1'), 1, 1);
  utimesSync(own('note.txt'), 1, 1);
  publishFile(path, 'after');
  expect(readFileSync(path, 'utf8')).toBe('after');
  expect(['0a-1', '0b-2', 'note.txt'].map((id) => existsSync(own(id)))).toEqual([false, true, true]); // prettier-ignore
});

test('a filler has a nonce, and room for itself', () => {
  expect(() => oneFiller('short', 100)).toThrow('no filler of 100 bytes');
  expect(() => oneFiller('0123456789', 10)).toThrow('no filler of 10 bytes');
  expect(Buffer.concat([...fillers('0123456789', 3 << 20)])).toHaveLength(3 << 20);
});

test('links that lead in a circle end, and one in the root directory leads from there', () => {
  const directory = tempDirectory();
  symlinkSync(join(directory, 'b'), join(directory, 'a'));
  symlinkSync(join(directory, 'a'), join(directory, 'b'));
  expect(() => resolveLinks(join(directory, 'a'))).toThrow(expect.objectContaining({ code: 'ELOOP' })); // prettier-ignore
  expect(resolveLinks('/proc/self/../../bin/sh').path).toMatch(/^\/(?:usr\/)?bin\/\w+$/);
  expect(resolveLinks('/').path).toBe('/');
});

describe('a file that is moved aside', () => {
  const moved = (to: string): string => {
    const path = file('content');
    const fd = openSync(path, 'r');
    try {
      return moveAside({ fd, path }, to, 'name');
    } finally {
      closeSync(fd);
    }
  };

  test('goes to the same file system and to another one', () => {
    expect(readFileSync(moved(tempDirectory()), 'utf8')).toBe('content');
    const memory = mkdtempSync('/dev/shm/papyra-test-');
    try {
      expect(readFileSync(moved(memory), 'utf8')).toBe('content');
      // The name is taken there.
      expect(() => moved(memory)).toThrow('cannot copy');
    } finally {
      rmSync(memory, { recursive: true });
    }
  });

  test('stays where it is when it cannot', () => {
    const to = tempDirectory();
    mkdirSync(join(to, 'name'));
    expect(() => moved(to)).toThrow('cannot move');
  });
});

test('doctor is told what is at a path: nothing, below a file, or a name that cannot be', () => {
  const path = file('');
  expect(pathState(`${path}.gone`).kind).toBe('missing');
  expect(pathState(`${path}/below`).kind).toBe('missing');
  expect(pathState('/dev/null').kind).toBe('other');
  expect(() => pathState(`/${'x'.repeat(300)}`)).toThrow('ENAMETOOLONG');
});

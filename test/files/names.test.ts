// The names of files: what papyra makes beside a log, the files of a set, and those of an archive.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  archiveName,
  compactTime,
  DIRECTORY_FILE,
  isManifestName,
  manifestName,
  parseArchiveName,
  runId,
  sha256Of,
  storeOfTemp,
  tempName,
  timeOfCompact,
  timeOfRun,
} from '../../src/files/archive-names.js';
import {
  isRotated,
  OWN_FOLDER,
  ownName,
  ownPrefix,
  segmentName,
} from '../../src/files/file-names.js';
import { holdNames, namesFor } from '../../src/files/names.js';

describe('the names beside a log', () => {
  test('start with a dot and the name of the log, in its directory or through one that is held open', () => {
    const names = (directory: string, log = '/data/a.log') => ({
      log,
      directory,
      entry: `${directory}/a.log`,
      lock: `${directory}/.a.log.papyra.lock`,
      temp: `${directory}/.a.log.papyra.tmp`,
      fresh: `${directory}/.a.log.papyra.new`,
      old: `${directory}/.a.log.papyra.old`,
      intent: `${directory}/.a.log.papyra.intent`,
      probe: `${directory}/.a.log.papyra.probe`,
      probeLink: `${directory}/.a.log.papyra.probe.link`,
    });
    expect(namesFor('/data/a.log')).toEqual(names('/data'));
    expect(namesFor('/data/a.log', '/proc/self/fd/9')).toEqual(names('/proc/self/fd/9'));
    expect([ownName('a', 'x'), ownPrefix('a'), OWN_FOLDER]).toEqual(['.a.papyra.x', '.a.papyra.', '.papyra']); // prettier-ignore
  });

  test('leave a log of 190 bytes room, and a longer one is refused in bytes', () => {
    const longest = `/${'ü'.repeat(95)}`;
    expect(namesFor(longest).log).toBe(longest);
    expect(() => namesFor(`${longest}x`)).toThrow(
      expect.objectContaining({
        code: 'io_error',
        message: `the name of ${longest}x is too long: 191 bytes`,
        hint: 'nothing was done; files beside it are named after it, so it may have 190 bytes',
      }),
    );
  });

  test('go through the directory that is held open, until it is released', () => {
    const directory = mkdtempSync(join(tmpdir(), 'papyra-names-'));
    const { names, release } = holdNames(join(directory, 'a.log'));
    writeFileSync(names.temp, 'x');
    renameSync(directory, `${directory}.moved`);
    expect([readFileSync(names.temp, 'utf8'), names.log]).toEqual(['x', join(directory, 'a.log')]);
    release();
    expect(existsSync(names.temp)).toBe(false);
    rmSync(`${directory}.moved`, { recursive: true });
    expect(() => holdNames(join(directory, 'a.log'))).toThrow('cannot open the directory');
    expect(() => holdNames(join(directory, 'x'.repeat(191)))).toThrow('is too long');
  });

  test('of a set end with a number', () => {
    expect([segmentName('a', 0), segmentName('a', 12)]).toEqual(['a', 'a.12']);
    const names = ['a.1', 'a.10', 'a', 'a.', 'a.x1', 'a.1x', 'b.1', 'xa.1', 'a1'];
    expect(names.filter((name) => isRotated('a', name))).toEqual(['a.1', 'a.10']);
    expect(isRotated('a.b', 'axb.1')).toBe(false);
  });
});

describe('the name of an archive', () => {
  const parts = { store: 'a_b.ndjson', from: '20261122T050000Z', to: 'undated', run: '20261122T050000Z-1f4abcde' }; // prettier-ignore

  test.each([
    ['gzip', 'gz'],
    ['zstd', 'zst'],
  ] as const)('says what is in it: %s', (compression, end) => {
    const file = `papyra-archive_a_b.ndjson_20261122T050000Z_undated_20261122T050000Z-1f4abcde.ndjson.${end}`; // prettier-ignore
    const name = archiveName({ ...parts, compression });
    expect(name).toEqual({ ...parts, compression, file });
    expect(parseArchiveName(file)).toEqual(name);
    const manifest = '.a_b.ndjson_20261122T050000Z_undated_20261122T050000Z-1f4abcde.papyra-archive.json'; // prettier-ignore
    expect(manifestName(file)).toBe(manifest);
    expect(isManifestName(manifest)).toBe(true);
    for (const wrong of [`x${file}`, `${file}x`, file.replace('.ndjson.', '.json.'), file.replace('1f4abcde', 'xyz'), file.replace('Z-', 'Z'), manifest]) {
      expect(parseArchiveName(wrong), wrong).toBeUndefined();
    }
  }); // prettier-ignore

  test.each([
    'a_b_c_20261122T050000Z-1f4abcde.papyra-archive.json',
    '.a_b_c_20261122T050000Z-1f4abcde.papyra-archive.jsonx',
    '.a_b_c_20261122T050000-1f4abcde.papyra-archive.json',
    '.a_b_c_20261122T050000Z-.papyra-archive.json',
    '.a_b__20261122T050000Z-1f4abcde.papyra-archive.json',
    '.a_b_20261122T050000Z-1f4abcde.papyra-archive.json',
    'x.a_b_c_20261122T050000Z-1f4abcde.papyra-archive.json',
    DIRECTORY_FILE,
  ])('is not that of a manifest: %s', (name) => expect(isManifestName(name)).toBe(false));

  test('of a store that is itself named like an archive', () => {
    const { file } = archiveName({ ...parts, store: 'a.ndjson.gz', compression: 'gzip' });
    expect(manifestName(file)).toBe(
      '.a.ndjson.gz_20261122T050000Z_undated_20261122T050000Z-1f4abcde.papyra-archive.json',
    );
  });

  test('of a store may hold a line break, as names of files may', () => {
    expect(isManifestName('.a\nb_c_d_20261122T050000Z-1f4abcde.papyra-archive.json')).toBe(true);
    expect(storeOfTemp(tempName('a\nb', '0123456789ab'))).toBe('a\nb');
  });

  test('of what a killed run left says of which store it is', () => {
    expect(tempName('a_b', '0123456789ab')).toBe('.papyra-archive_a_b_0123456789ab.tmp');
    for (const part of ['', '.manifest', '.directory']) {
      expect(storeOfTemp(`.papyra-archive_a_b_0123456789ab${part}.tmp`)).toBe('a_b');
    }
    for (const wrong of ['papyra-archive_a_0123456789ab.tmp', '.papyra-archive_a_0123456789a.tmp', '.papyra-archive_a_0123456789ab.tmpx', '.papyra-archive_a_0123456789ab.other.tmp', 'x.papyra-archive_a_0123456789ab.tmp', '.papyra-archive_a_0123456789ag.tmp']) {
      expect(storeOfTemp(wrong), wrong).toBeUndefined();
    }
    expect(DIRECTORY_FILE).toBe('.papyra-archive.json');
  }); // prettier-ignore
});

describe('the time in a name', () => {
  test.each([
    [Date.UTC(2026, 10, 22, 5, 6, 7), '20261122T050607Z'],
    [Date.UTC(20_260, 10, 22, 5, 6, 7), '+0202601122T050607Z'],
    [NaN, 'undated'],
  ])('%d is %s, and is read again', (time, text) => {
    expect(compactTime(time + 12)).toBe(text);
    expect(timeOfCompact(text)).toBe(time);
  });

  test.each(['x20261122T050607Z', '20261122T050607', '2026x122T050607Z', 'undated'])('of %s is none', (text) => {
    expect(timeOfCompact(text)).toBeNaN();
  }); // prettier-ignore

  test('of a run has milliseconds, and is later than that of the last one', () => {
    const random = Uint8Array.from([0xab, 0xcd, 0xef]);
    const now = Date.UTC(2026, 10, 22, 5, 6, 7, 500);
    const run = '20261122T050607Z-1f4abcde';
    expect(runId(now, undefined, random)).toBe(run);
    expect(timeOfRun(run)).toBe(now);
    expect(runId(now, run, random)).toBe('20261122T050607Z-1f5abcde');
    expect(runId(now - 9999, run, random)).toBe('20261122T050607Z-1f5abcde');
    expect(runId(now + 9, run, random)).toBe('20261122T050607Z-1fdabcde');
    expect(runId(now, 'of another kind', random)).toBe(run);
    expect(runId(now - 500, undefined, random)).toBe('20261122T050607Z-000abcde');
  });

  test('of a run with more than 999 milliseconds is the last of its second', () => {
    expect(timeOfRun('20261122T050607Z-fffabcde')).toBe(Date.UTC(2026, 10, 22, 5, 6, 7, 999));
    expect(timeOfRun('20261122T050607Z-3e8abcde')).toBe(Date.UTC(2026, 10, 22, 5, 6, 7, 999));
    expect(timeOfRun('20261122T050607Z-3e7abcde')).toBe(Date.UTC(2026, 10, 22, 5, 6, 7, 999));
  });

  test('a sum is that of SHA-256, in hexadecimal', () => {
    expect(sha256Of('a')).toBe('ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb');
  });
});

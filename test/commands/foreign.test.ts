import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { damagedStore, writeStore } from '../support/damage.js';
import { compact, papyra } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { records } from '../support/records.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const now = Math.floor(Date.now() / 1000);
const LINES = [...records({ seed: 3, count: 200, start: now - 20_000, step: 60, odd: false })].map((line) => `${line}\n`); // prettier-ignore
const LOG = LINES.join('');
const OBJECTS = LINES.map((line) => JSON.parse(line) as { timestamp: number });
const withTime = (change: (timestamp: number) => unknown) =>
  OBJECTS.map((entry) => `${JSON.stringify({ ...entry, timestamp: change(entry.timestamp) })}\n`).join(''); // prettier-ignore

describe('persistence compact names a file that is no log', () => {
  test.each<[string, string | Uint8Array, string]>([
    ['gzip', gzipSync(LOG), 'events.ndjson looks like gzip: decompress it (gzip -d) and name the result'], // prettier-ignore
    ['an array without a newline', JSON.stringify(OBJECTS), "events.ndjson looks like a JSON array: papyra reads one JSON object a line: convert it (jq -c '.[]') and name the result"], // prettier-ignore
    ['an indented array', JSON.stringify(OBJECTS, null, 2), "events.ndjson looks like a JSON array: papyra reads one JSON object a line: convert it (jq -c '.[]') and name the result"], // prettier-ignore
    ['UTF-16', Buffer.from(`\ufeff${LOG}`, 'utf16le'), 'events.ndjson looks like UTF-16 text: convert it (iconv -f UTF-16 -t UTF-8) and name the result'], // prettier-ignore
  ])('%s: nothing goes, and recovery is not advised', async (_what, content, warning) => {
    const log = tempLog(content);
    for (const args of [['--dry-run'], []]) {
      const { code, report } = await compact(['--path', log, '--max-age', '1h', ...args]);
      expect(code).toBe(0);
      expect(report.warnings[0]).toBe(warning);
      expect(report.warnings.join()).not.toContain('recover');
      expect(report.records).toMatchObject({ scanned: 0, dropped: 0 });
    }
    expect(readFileSync(log).equals(Buffer.from(content))).toBe(true);
  });

  test('with --unreadable drop nothing would be left, and fail finds lines: both refusals name the form', async () => {
    const content = gzipSync(LOG);
    const log = tempLog(content);
    for (const flag of [
      ['drop', '--max-age', '1h'],
      ['drop', '--max-records', '5'],
      ['fail', '--max-age', '1h'],
    ]) {
      const run = await papyra(['persistence', 'compact', '--path', log, '--unreadable', ...flag]);
      expect(run.code).toBe(65);
      expect(run.stderr).toMatch(/; events\.ndjson looks like gzip\n +decompress it \(gzip -d\) and name the result/); // prettier-ignore
    }
    expect(readFileSync(log).equals(content)).toBe(true);
  });

  test('milliseconds: the unit in place of a clock', async () => {
    const log = tempLog(withTime((timestamp) => timestamp * 1000));
    const { report } = await compact(['--path', log, '--max-age', '1h']);
    expect(report.status).toBe('nothing_to_do');
    expect(report.warnings).toEqual([
      'events.ndjson has timestamps that look like milliseconds: the runtime writes seconds, so no age limit will ever match',
    ]);
    writeFileSync(log, `${LINES[199]!}{"timestamp": ${now * 1000}}\n`);
    const mixed = await compact(['--path', log, '--max-age', '1d']);
    expect(mixed.report.warnings).toEqual([
      '1 record dated more than a day ahead; the timestamp of the newest looks like milliseconds, and the runtime writes seconds',
    ]);
  });

  test('ISO texts: the key, and no advice to drop them all', async () => {
    const log = tempLog(withTime((timestamp) => new Date(timestamp * 1000).toISOString()));
    const { report } = await compact(['--path', log, '--max-age', '1h']);
    expect(report.warnings).toEqual([
      'events.ndjson has times as ISO texts under the key timestamp: papyra reads seconds since 1970 under the key timestamp, so no age limit will ever match',
      '200 records without a finite numeric timestamp kept: the age limit cannot apply',
    ]);
  });

  test('one file of a rotating set', async () => {
    const log = tempLog(LOG);
    writeFileSync(`${log}.1`, gzipSync(LOG));
    const { report } = await compact(['--path', log, '--backend', 'rotating', '--max-age', '4h']);
    expect(report.warnings[0]).toBe(
      'events.ndjson.1 looks like gzip: decompress it (gzip -d) and name the result',
    );
    expect(report.status).toBe('compacted');
    expect(readFileSync(`${log}.1`).equals(gzipSync(LOG))).toBe(true);
  });

  test('recovery refuses to remove lines of it, however few they are', async () => {
    const marked = `\ufeff${LOG}`;
    const log = tempLog(marked);
    for (const args of [
      ['--dry-run'],
      [],
      ['--mode', 'quarantine', '--quarantine-dir', tempDirectory()],
    ]) {
      const run = await papyra(['persistence', 'recover', '--path', log, ...args]);
      expect(run.code).toBe(65);
      expect(run.stderr).toContain('begins with a byte order mark, so its first line cannot be read: a recovery would remove what is not damaged'); // prettier-ignore
      expect(run.stderr).toContain('--max-drop 100%');
      expect(readFileSync(log, 'utf8')).toBe(marked);
    }
    const all = await papyra(['persistence', 'recover', '--path', log, '--max-drop', '100%']);
    expect(all.code).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe(LINES.slice(1).join(''));
  });

  test('a log is damaged, not foreign', async () => {
    const first = testSeed('foreign, damaged');
    for (let seed = first; seed < first + 6; seed++) {
      const store = damagedStore(new Random(seed), 'json');
      const log = writeStore(tempDirectory(), store);
      const { report } = await compact(['--path', log, '--max-age', '52w', '--dry-run']);
      expect(report.warnings.join()).not.toContain('looks like');
    }
  });
});

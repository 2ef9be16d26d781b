import { execaSync } from 'execa';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fillDisk } from '../support/disk-image.js';
import { disk, tmpfs } from '../support/mounts.js';
import { compact, isRoot } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { beside, difference, placeOrSkip, startWriter, title, underWriter } from './log.js';

const FILLER = /^\{"kind":"compaction","timestamp":0[^\n]*\n/;
const AGE = ['--max-age', '1d'];

/** Records of two days, of which those of the second stay. */
function lines(count: number, dated = (n: number) => n / count): string[] {
  const now = Date.now() / 1000;
  return Array.from({ length: count }, (_, n) => {
    const timestamp = now - 2 * 86_400 * (1 - dated(n));
    return `{"kind": "event", "n": ${n}, "timestamp": ${timestamp.toFixed(3)}, "pad": "${'x'.repeat(n % 300)}"}\n`;
  });
}

function logOn(place: string, content: string): string {
  mkdirSync(join(place, 'data'));
  const log = join(place, 'data/events.ndjson');
  writeFileSync(log, content);
  return log;
}

describe.skipIf(!isRoot)(title('A rewrite that shares blocks'), () => {
  test.for(['xfs', 'btrfs'] as const)('on %s needs no room for what stays, and loses nothing of a live writer', { timeout: 120_000 }, async (kind, { skip }) => {
    const place = placeOrSkip(skip, () => disk(kind));
    const all = lines(120_000);
    const log = logOn(place, all.join(''));
    fillDisk(place, 8);
    const before = statSync(log);
    const { done, appended } = await underWriter(startWriter(log), () => compact(['--path', log, '--max-records', '60000']));
    expect(done.code, done.stderr).toBe(0);
    const { method, records, bytes, warnings } = done.report;
    expect({ method, warnings }).toEqual({ method: 'clone', warnings: [] });
    const whole = [...all, ...appended.split(/(?<=\n)/)];
    expect(difference(readFileSync(log, 'utf8').replace(FILLER, ''), whole.slice(records.dropped!).join(''))).toEqual({ missing: 0, tooMany: 0, same: true });
    expect(statSync(log).ino).not.toBe(before.ino);
    expect(beside(log)).toEqual(['.events.ndjson.papyra.lock', '.papyra']);
    // XFS gives back all of it, but what it keeps ready behind the end of the file; btrfs may keep what shares an extent with what stays.
    expect(bytes.reclaimed_on_disk).toBeGreaterThan(kind === 'xfs' ? bytes.reclaimed! * 0.9 : -1);
  }); // prettier-ignore

  test('on btrfs is none where there is room for a copy, which frees more', async ({ skip }) => {
    const log = logOn(placeOrSkip(skip, () => disk('btrfs')), lines(40_000).join(''));
    expect((await compact(['--path', log, ...AGE])).report.method).toBe('copy');
  }, 60_000); // prettier-ignore

  test('gives the next run an index that fits', async ({ skip }) => {
    const place = placeOrSkip(skip, () => disk('xfs'));
    const log = logOn(place, lines(200_000).join(''));
    expect((await compact(['--path', log, ...AGE])).report.method).toBe('clone');
    const later = ['--dry-run', '--now', String(Date.now() / 1000 + 43_200), ...AGE];
    const withIndex = await compact(['--path', log, ...later]);
    execaSync('rm', ['-r', join(dirname(log), '.papyra')]);
    const without = await compact(['--path', log, ...later]);
    expect(withIndex.report.records).toEqual(without.report.records);
    expect(withIndex.report.bytes).toEqual(without.report.bytes);
  }, 60_000); // prettier-ignore

  test('keeps the same lines as a copy, whatever the order of the timestamps and the limits', async ({ skip }) => {
    const random = new Random(testSeed('clone and copy'));
    const places = [placeOrSkip(skip, () => disk('xfs')), tmpfs()];
    const methods = new Set<string | null>();
    for (let round = 0; round < 12; round++) {
      const count = 5000 + random.below(20_000);
      const shuffled = random.chance(0.3);
      const text = lines(count, (n) => (shuffled ? random.next() : n / count + (random.chance(0.001) ? -0.6 : 0))).join('');
      const odd = random.chance(0.3) ? `not a record\n\n${text}{"torn` : text;
      const limit = random.pick([AGE, ['--max-records', `${random.below(count) + 1}`], ['--max-total-bytes', `${1 + random.below(text.length)}`]]);
      const now = Date.now() / 1000;
      const results = [];
      for (const place of places) {
        const log = join(place, 'events.ndjson');
        writeFileSync(log, odd);
        const { code, report } = await compact(['--path', log, ...limit, '--offline']);
        methods.add(report.method);
        results.push({ code, dropped: report.records, text: readFileSync(log, 'utf8').replace(FILLER, '') });
      }
      // Both decide at their own instant: records between the two are none in so short a time, but by chance.
      expect({ round, limit, now, same: results[0]!.text === results[1]!.text, records: results[0]!.dropped }).toEqual({ round, limit, now, same: true, records: results[1]!.dropped });
    }
    expect([...methods]).toEqual(expect.arrayContaining(['clone', 'copy']));
  }, 120_000); // prettier-ignore
});

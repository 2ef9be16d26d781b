import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compact } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';

/** 80 MB: the end of it is a step of 32 MiB or two. */
const pad = 'x'.repeat(800);
const line = (n: number) =>
  n % 100 === 0 ? `broken ${n} ${pad}\n` : `{"n": ${n}, "timestamp": ${n}.5, "pad": "${pad}"}\n`;
const LINES = Array.from({ length: 95_000 }, (_, n) => line(n));
const READABLE = LINES.filter((text) => text.startsWith('{'));

describe('with --unreadable drop, count and size find their cut from the end', () => {
  test.each([
    [['--max-records', '20000'], READABLE.slice(-20_000)],
    [['--max-total-bytes', '30MB'], readableOf(30e6)],
    [['--max-records', '20000', '--in-place'], undefined],
    [['--max-records', '60000', '--max-total-bytes', '30MB'], readableOf(30e6)],
  ])('%j keeps what a full read keeps; what was not read is not counted', async (flags, kept) => {
    const log = tempLog(LINES.join(''));
    const { code, report, stderr } = await compact([
      '--path',
      log,
      '--offline',
      '--unreadable',
      'drop',
      ...flags,
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('not read')]);
    expect(report.records).toMatchObject({ scanned: null, dropped: null, unreadable: null });
    expect(report.status).toBe('compacted');
    if (kept) {
      expect(report.records.kept).toBe(kept.length);
      expect(readFileSync(log, 'utf8') === kept.join('')).toBe(true);
    } else {
      // In place: the head goes, in whole blocks, what is unreadable behind it stays.
      const left = readFileSync(log, 'utf8');
      const at = LINES.indexOf(READABLE.at(-20_000)!);
      expect(left.endsWith(LINES.slice(at).join(''))).toBe(true);
      expect(left.length).toBeLessThan(LINES.slice(at).join('').length + 3 * 4096);
    }
  });

  test('and all is read, and counted, when nothing is older than the limit', async () => {
    const log = tempLog(LINES.join(''));
    const flags = ['--path', log, '--unreadable', 'drop', '--max-records', '94050', '--dry-run'];
    const { report } = await compact(flags);
    expect(report.records).toMatchObject({ scanned: 94_050, dropped: 0, unreadable: 950 });
  });
});

function readableOf(size: number): string[] {
  let bytes = 0;
  const newest = READABLE.toReversed();
  const end = newest.findIndex((text) => (bytes += text.length) > size);
  return newest.slice(0, end).reverse();
}

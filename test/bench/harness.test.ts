// The benchmarks themselves: that they run, hold contenders against the first, and write what they measured.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { expect, test } from 'vitest';
import { ROOT } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { type Contender, GROUPS } from './contender.js';
import type { Document } from './document.js';
import { readOptions, UsageError } from './options.js';
import { withTables } from './readme.js';
import { measure } from './rounds.js';

test('a small run measures each case, says what holds, and writes the numbers', () => {
  const place = tempDirectory();
  const json = join(place, 'numbers.json');
  const args = ['--records', '400', '--rounds', '1', '--targets', '--only', '2 GB'];
  const more = ['--in', place, '--json', json];
  const command = ['--import', 'tsx', 'test/bench/run.ts', ...args, ...more];
  const run = execaSync(process.execPath, command, { cwd: ROOT, reject: false });
  expect(run.exitCode, run.stdout + run.stderr).toBe(0);
  const { cases } = JSON.parse(readFileSync(json, 'utf8')) as Document;
  const measured = cases.map(({ name, rows }) => [name, ...rows.map(({ contender }) => contender)]);
  expect(measured).toEqual([
    ['2 GB, age, half expired', 'tail -c of what stays + sync', 'papyra', 'papyra --offline'],
  ]);
  for (const row of cases.flatMap(({ rows }) => rows.slice(1))) {
    expect(row.figures.seconds).toBeGreaterThan(0);
    expect(row.bounds.map(({ at_most }) => at_most)).toEqual([expect.stringMatching(/× first$/), '64 MiB over Node']); // prettier-ignore
    expect(run.stdout).toContain(row.bounds[0]!.measured);
  }
  expect(execaSync('ls', ['-A', place]).stdout).toBe('numbers.json');
}, 120_000);

test('bad arguments are told in words', () => {
  expect(() => readOptions(['--rounds', 'many'])).toThrow(
    '--rounds many: a whole number, 1 or more',
  );
  expect(() => readOptions(['--group', 'logs'])).toThrow('logs is none of log, read');
  expect(() => readOptions(['--fast'])).toThrow(UsageError);
  expect(() => readOptions(['--write-readme', '--only', 'half'])).toThrow('a whole group');
});

/** A contender that takes what it is told, one run after the other; the first one warms up. */
function takes(name: string, seconds: number[], order: string[] = []): Contender {
  const left = [...seconds];
  return {
    name,
    isPapyra: false,
    prepare: () => void order.push(name),
    run: () => ({ seconds: left.shift()!, peak_mib: 10 + left.length }),
  };
}

test('a ratio is the median of the rounds, against the first contender of the same round', async () => {
  const order: string[] = [];
  const contenders = [takes('first', [9, 1, 2, 4], order), takes('other', [1, 2, 4.4, 8.4], order)];
  const { results, attempts } = await measure(contenders, { rounds: 3, again: 1, say: () => {} });
  expect(attempts).toBe(1);
  expect(results[1]).toMatchObject({ ratio: { median: 2.1, lowest: 2, highest: 2.2 }, figures: { seconds: 4.4, peak_mib: 12 } }); // prettier-ignore
  expect(results[1]!.more).toBeCloseTo(2.4);
  expect(order.slice(0, 4)).toEqual(['first', 'other', 'other', 'first']);
});

test('rounds that do not agree are measured again, so often as is asked, and the calmest attempt counts', async () => {
  const noisy = [1, 1, 2, 3];
  const calmer = [1, 2, 2.5, 3];
  const ones = Array.from({ length: 12 }, () => 1);
  const said: string[] = [];
  const contenders = [takes('first', ones), takes('other', [...noisy, ...calmer, ...noisy])];
  const { results, attempts } = await measure(contenders, { rounds: 3, again: 2, say: (text) => said.push(text) }); // prettier-ignore
  expect([attempts, results[1]!.ratio]).toEqual([3, { median: 2.5, lowest: 2, highest: 3 }]);
  expect(said.map((text) => text.split(': ').at(-1))).toEqual(['measured again', 'measured again', 'the calmest attempt counts']); // prettier-ignore
});

test('the tables of README.md are replaced between their markers, those of other groups stay', () => {
  const readme = readFileSync(join(ROOT, 'test/bench/README.md'), 'utf8');
  const written = withTables(readme, documentOf('log', 'read'));
  const outside = (text: string) => text.replace(/(<!-- (log|read) -->\n)[^]*?(?=<!-- end of \2 -->)/g, '$1'); // prettier-ignore
  expect(outside(written)).toBe(outside(readme));
  expect(written).toContain(
    '| a case of read | papyra `--offline` | 0.250 | 2.00 | 1.90–2.20 | 60 | 21 |',
  );
  expect(written).toContain('Medians of 5 rounds, 2026-01-02; a machine; load 0.4');
  expect(withTables(written, documentOf('log', 'read'))).toBe(written);
  // All groups have their markers.
  withTables(readme, documentOf(...GROUPS));
});

function documentOf(...groups: readonly (typeof GROUPS)[number][]): Document {
  return {
    machine: 'a machine',
    started_at: '2026-01-02T03:04:05.000Z',
    records: 100,
    seed: 1,
    cold: false,
    node_mib: 39,
    left_out: [],
    cases: groups.map((group) => ({
      name: `a case of ${group}`,
      group,
      subject: '100 records',
      rounds: 5,
      attempts: 1,
      conditions: { load: 0.4, idle: 98, disk_mb_s: 1000 },
      rows: [
        {
          contender: 'papyra --offline',
          figures: { seconds: 0.25, peak_mib: 60 },
          ratio: { median: 2, lowest: 1.9, highest: 2.2 },
          over_node_mib: 21,
          bounds: [],
        },
      ],
    })),
  };
}

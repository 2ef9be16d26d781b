import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { drawLog, START, STEP } from '../support/odd-log.js';
import { compact, PAPYRA, type Report } from '../support/papyra.js';
import { peakMemory } from '../support/peak-memory.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory, tempLog } from '../support/temp.js';
import { WITHOUT_WEBASSEMBLY } from '../support/without-webassembly.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
const LINES = 3000;
/** Drawn anew by each run in place. */
const NONCE = /"nonce":"\w+"/;

const warningOf = (reason: string) =>
  `WebAssembly cannot be used here (${reason}): lines were read by the slower scanner`;

/** The log of a store in a directory of its own, with room for archives. */
function drawStore(random: Random, rotating: boolean): string {
  const directory = tempDirectory();
  const path = join(directory, 'events.ndjson');
  const wild = random.pick([0.02, 0.3]);
  const draw = () => drawLog(new Random(random.below(2 ** 31)), LINES, wild);
  mkdirSync(join(directory, 'archive'));
  writeFileSync(path, draw());
  // The end of a rotated file is the end of its last line.
  if (rotating) [1, 2].forEach((n) => writeFileSync(`${path}.${n}`, draw().subarray(0, -n)));
  else writeFileSync(path, '{"half": ', { flag: 'a' });
  return path;
}

/** Between two records, so that runs that begin a moment apart decide the same. */
function ageOf(record: number): string {
  return `${Math.round(Date.now() / 1000 - START - STEP * (record + 0.5))}s`;
}

function drawFlags(random: Random, rotating: boolean): string[] {
  const limits = [
    ['--max-age', ageOf(random.below(LINES))],
    ['--max-records', String(1 + random.below(LINES))],
    ['--max-total-bytes', String(10_000 + random.below(900_000))],
  ];
  const others = [
    ['--unreadable', 'drop'],
    ['--undated', 'drop'],
    ['--in-place'],
    ['--archive', 'archive'],
    ['--dry-run'],
  ];
  return [
    ...(rotating ? ['--backend', 'rotating', '--max-bytes', '100MB', '--max-files', '3'] : []),
    ...['--offline', '--allow-empty'],
    ...random.pick(limits),
    ...[...limits, ...others].filter(() => random.chance(0.25)).flat(),
  ];
}

interface Result {
  code: number;
  report: Report;
  files: [name: string, content: string][];
  archived: string[];
}

/** What a run says and leaves, but for its times and places. */
async function resultOf(path: string, flags: string[], command?: string[]): Promise<Result> {
  const cwd = join(path, '..');
  const run = await compact(['--path', path, ...flags], command ? { cwd, command } : { cwd });
  expect([flags, run.stderr]).toEqual([flags, expect.not.stringMatching(/\bat .*\.js:|bug/)]);
  const read = (name: string) => readFileSync(join(cwd, name));
  return {
    code: run.code,
    report: {
      ...run.report,
      ...{ started_at: '', duration_ms: 0, target: '' },
      archive: run.report.archive && '',
    },
    files: readdirSync(cwd)
      .filter((name) => name.startsWith('events'))
      .map((name) => [name, read(name).toString('latin1').replace(NONCE, '')]),
    archived: readdirSync(join(cwd, 'archive'))
      .filter((name) => name.endsWith('.gz'))
      .map((name) => gunzipSync(read(join('archive', name))).toString('latin1')),
  };
}

/** Runs on two copies of a store, with WebAssembly and without; returns the report of the second one. */
async function expectTheSame(path: string, flags: string[], command: string[], reason: string) {
  const copy = tempDirectory();
  cpSync(join(path, '..'), copy, { recursive: true });
  const expected = await resultOf(path, flags);
  const { report, ...found } = await resultOf(join(copy, 'events.ndjson'), flags, command);
  const warnings = report.warnings.filter((one) => one !== warningOf(reason));
  expect(warnings).toHaveLength(report.warnings.length - 1);
  const sorted = (all: string[]) => all.toSorted();
  expect({ ...found, report: { ...report, warnings: sorted(warnings) } }).toEqual({
    ...expected,
    report: { ...expected.report, warnings: sorted(expected.report.warnings) },
  });
  expect(expected.code).toBe(0);
  return report;
}

describe.each(WITHOUT_WEBASSEMBLY)('where %s leaves no WebAssembly', (_way, command, reason) => {
  // A Node without a compiler takes minutes for what is large.
  const isSlow = command.includes('--jitless');

  test.each([
    ['a log of one file', false],
    ['a rotating set', true],
  ])(
    '%s is compacted as it is with it, and the report says that it took longer',
    async (_what, rotating) => {
      const random = new Random(testSeed('without WebAssembly'));
      for (let round = 0; round < (soak ? 100 : isSlow ? 2 : 4); round++) {
        const path = drawStore(random, rotating);
        await expectTheSame(path, drawFlags(random, rotating), command, reason);
      }
    },
    600_000,
  );

  test.skipIf(isSlow && !soak)('a log that is worth two threads and an index is compacted as it is with it, twice', async () => {
    const random = new Random(testSeed('two threads without WebAssembly'));
    const path = drawStore(random, false);
    const some = drawLog(random, LINES, 0.1);
    const copies = Math.ceil((65 << 20) / some.length);
    writeFileSync(path, Buffer.concat(Array.from({ length: copies }, () => some)));
    const flags = ['--offline', '--max-total-bytes', '20MB'];
    const report = await expectTheSame(path, flags, command, reason);
    expect(report.status).toBe('compacted');
    writeFileSync(path, some, { flag: 'a' });
    const later = ['--offline', '--max-age', ageOf(LINES / 2)];
    const again = await expectTheSame(path, later, command, reason);
    expect(again.records.dropped).toBeGreaterThan(10_000);
  }, 300_000); // prettier-ignore

  test.skipIf(isSlow && !soak)(
    'a line of 100 MB takes no more memory than with it',
    () => {
      const last = '{"timestamp": 1790000060.5}\n';
      const piece = Buffer.alloc(100 << 20, 'x');
      const log = tempLog(
        Buffer.concat([Buffer.from('{"pad": "'), piece, Buffer.from(`", "timestamp": 1790000030.5}\n${last}`)]), // prettier-ignore
      );
      const node = peakMemory(['-e', '0'], command).mib;
      const args = [
        PAPYRA,
        'persistence',
        'compact',
        '--json',
        '--path',
        log,
        '--max-records',
        '1',
      ];
      const { code, mib, stdout } = peakMemory(args, command);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({
        records: { scanned: 2, dropped: 1, unreadable: 0, undated: 0 },
        warnings: [warningOf(reason)],
      });
      expect(mib - node).toBeLessThan(64);
      expect(readFileSync(log, 'utf8')).toBe(last);
    },
    120_000,
  );
});

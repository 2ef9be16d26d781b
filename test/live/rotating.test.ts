import { execa } from 'execa';
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BARE, papyra, PAPYRA, ROOT } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';
import { leftovers } from './run.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
const WRITER = join(ROOT, 'test/live/rotating_writer.py');

interface Rotation {
  maxBytes: number;
  maxFiles: number;
}

function startRotatingWriter(
  path: string,
  count: number,
  { maxBytes, maxFiles }: Rotation,
  pauses: number[] = [],
) {
  const words = [path, 'w', count, maxBytes, maxFiles, ...pauses].map(String);
  return execa('python3', [WRITER, ...words], { env: BARE, extendEnv: false, reject: false });
}

const compactArgs = (path: string, { maxBytes, maxFiles }: Rotation, ...more: string[]) =>
  ['persistence', 'compact', '--backend', 'rotating', '--path', path, '--max-age', '52w', '--max-bytes', String(maxBytes), '--max-files', String(maxFiles), '--quiet', ...more]; // prettier-ignore

/** The records of the whole set: how often each one is there, and whether they are in order. */
function tally(path: string, count: number) {
  const seen = new Uint8Array(count);
  const result = { lost: 0, twice: 0, torn: 0, outOfOrder: 0 };
  let last = -1;
  for (let index = 200; index >= 0; index--) {
    const name = index === 0 ? path : `${path}.${index}`;
    if (!existsSync(name)) continue;
    for (const line of readFileSync(name, 'latin1').split('\n')) {
      if (line.trim() === '') continue;
      let record: { n?: number };
      try {
        record = JSON.parse(line) as typeof record;
      } catch {
        result.torn += 1;
        continue;
      }
      if (record.n === undefined) continue;
      seen[record.n]! += 1;
      if (record.n < last) result.outOfOrder += 1;
      last = record.n;
    }
  }
  for (const times of seen) {
    if (times === 0) result.lost += 1;
    if (times > 1) result.twice += times - 1;
  }
  return result;
}

const WHOLE = { lost: 0, twice: 0, torn: 0 };

/** So many records fit: old sets are not full for good, since what has not expired stays. */
const LARGE: Rotation = { maxBytes: 8_000_000, maxFiles: 12 };
const COUNT = soak ? 400_000 : 200_000;

describe('a rotating set while the runtime appends and rotates', () => {
  test.each([
    ['at full speed', LARGE, []],
    ['in small files', { maxBytes: 400_000, maxFiles: 150 }, []],
    ['paused at each point of its rotation', { maxBytes: 400_000, maxFiles: 150 }, [0, 30_000]],
    ['that has stalled', { maxBytes: 300_000, maxFiles: 3 }, []],
  ] as [string, Rotation, number[]][])(
    '%s, compaction in a loop: nothing lost, twice or torn, no exception in the writer',
    async (what, rotation, pauses) => {
      const path = join(tempDirectory(), 'events.log');
      // Most of a paused writer's time goes by waiting.
      const count = pauses.length > 0 && !soak ? COUNT / 4 : COUNT;
      const writer = startRotatingWriter(path, count, rotation, pauses);
      const state = { running: true };
      void writer.then(() => (state.running = false));
      while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10));
      const codes: Record<number, number> = {};
      while (state.running) {
        const run = await papyra(compactArgs(path, rotation));
        codes[run.code] = (codes[run.code] ?? 0) + 1;
        if (![0, 75].includes(run.code)) throw new Error(`exit ${run.code}: ${run.stderr}`);
      }
      const { stdout, exitCode, stderr } = await writer;
      expect([exitCode, stderr]).toEqual([0, '']);
      const [written, rotations] = stdout.split(' ').map(Number) as [number, number];
      const last = await papyra(compactArgs(path, rotation, '--offline'));
      const counted = tally(path, written);
      console.log(`${what}: ${JSON.stringify({ codes, written, rotations, counted })}`);
      expect([last.code, last.stderr]).toEqual([0, '']);
      expect(counted).toMatchObject(WHOLE);
      expect(leftovers(path)).toEqual([]);
      expect(readFileSync(path, 'latin1').includes('"timestamp": 1.5')).toBe(false);
    },
    soak ? 900_000 : 180_000,
  );

  test('scan and recovery in a loop, with damage: no record lost, twice or torn, no exception in the writer', async () => {
    const rotation = { maxBytes: 400_000, maxFiles: 150 };
    const path = join(tempDirectory(), 'events.log');
    const writer = startRotatingWriter(path, COUNT / (soak ? 4 : 16), rotation, [200]);
    const state = { running: true };
    void writer.then(() => (state.running = false));
    while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 10));
    const codes: Record<string, number> = {};
    const work = async (command: string, ...flags: string[]) => {
      const store = [
        '--backend',
        'rotating',
        '--path',
        path,
        '--max-files',
        '150',
        '--max-bytes',
        '400000',
        '--quiet',
      ];
      const run = await papyra(['persistence', command, ...store, ...flags]);
      codes[`${command} ${run.code}`] = (codes[`${command} ${run.code}`] ?? 0) + 1;
      return run;
    };
    while (state.running) {
      const scan = await work('scan');
      expect([0, 75], scan.stdout + scan.stderr).toContain(scan.code);
      appendFileSync(path, '\0\0 damage\n');
      const run = await work('recover', '--max-drop', '100%');
      expect([0, 75], run.stderr).toContain(run.code);
      // What a run left for the next one must not pass for an anomaly of the runtime.
      while (run.code === 75 && (await work('recover', '--max-drop', '100%')).code === 75);
    }
    const { stdout, exitCode, stderr } = await writer;
    expect([exitCode, stderr]).toEqual([0, '']);
    const [written, rotations] = stdout.split(' ').map(Number) as [number, number];
    expect((await work('recover', '--offline')).code).toBe(0);
    const counted = tally(path, written);
    console.log(`recovery of a rotating set: ${JSON.stringify({ codes, written, rotations, counted })}`); // prettier-ignore
    expect(codes['recover 0']).toBeGreaterThan(1);
    expect(counted).toMatchObject(WHOLE);
    expect(leftovers(path)).toEqual([]);
  }, 300_000);

  test('papyra killed at random moments: nothing lost, twice or torn', async () => {
    const random = new Random(testSeed('rotating kills'));
    const rotation = { maxBytes: 300_000, maxFiles: 40 };
    const path = join(tempDirectory(), 'events.log');
    const writer = startRotatingWriter(path, 0, rotation, [300]);
    const kills = soak ? 200 : 40;
    for (let round = 0; round < kills; round++) {
      const run = execa(process.execPath, [PAPYRA, ...compactArgs(path, rotation)], { env: BARE, extendEnv: false, reject: false }); // prettier-ignore
      setTimeout(() => run.kill('SIGKILL'), 60 + random.below(250));
      await run;
    }
    writer.kill('SIGTERM');
    const { stdout, exitCode, stderr } = await writer;
    expect([exitCode, stderr]).toEqual([0, '']);
    const [written, rotations] = stdout.split(' ').map(Number) as [number, number];
    const last = await papyra(compactArgs(path, rotation, '--offline'));
    const counted = tally(path, written);
    console.log(`${kills} kills: ${JSON.stringify({ written, rotations, counted })}`);
    expect([last.code, last.stderr]).toEqual([0, '']);
    expect(counted).toMatchObject(WHOLE);
    const beside = readdirSync(dirname(path)).filter((name) => name.startsWith(`.${basename(path)}.papyra.`)); // prettier-ignore
    expect(beside).toEqual([`.${basename(path)}.papyra.lock`]);
  }, 300_000);
});

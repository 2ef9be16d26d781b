import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { drawLog, START, STEP } from '../support/odd-log.js';
import { compact } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
const LINES = 3000;
/** Worth a second thread. */
const BYTES = 66 << 20;

/** Records of all times all over it. */
function drawLarge(random: Random): Buffer {
  const piece = () =>
    drawLog(new Random(random.below(2 ** 31)), LINES, random.pick([0, 0.02, 0.3]));
  const pieces = Array.from({ length: 6 }, piece);
  const all: Buffer[] = [];
  for (let bytes = 0; bytes < BYTES; bytes += all.at(-1)!.length) all.push(random.pick(pieces));
  return Buffer.concat(all);
}

function drawFlags(random: Random): string[] {
  const age = Math.round(Date.now() / 1000 - START - STEP * (random.below(LINES) + 0.5));
  const others = [
    ['--max-records', String(1 + random.below(200_000))],
    ['--max-total-bytes', String(1 + random.below(BYTES))],
    ['--unreadable', 'drop'],
    ['--undated', 'drop'],
  ];
  const drawn = others.filter(() => random.chance(0.3)).flat();
  return ['--offline', '--allow-empty', '--max-age', `${age}s`, ...drawn];
}

/** Its files, but for those that papyra keeps beside them. */
function sumsOfFiles(directory: string): [name: string, sum: number][] {
  return readdirSync(directory)
    .filter((name) => name.startsWith('events'))
    .map((name) => [name, crc32(readFileSync(join(directory, name)))]);
}

/** A limit on its rate leaves a run one thread. */
const ONE_THREAD = ['--limit-rate', '100GB'];

test.each([
  ['a log', false],
  ['a rotating set', true],
])(
  '%s of any order is compacted by two threads as it is by one',
  async (_what, rotating) => {
    const random = new Random(testSeed('two threads'));
    for (let round = 0; round < (soak ? 20 : rotating ? 1 : 2); round++) {
      const [one, two] = [tempDirectory(), tempDirectory()];
      const [path, other] = [one, two].map((directory) => join(directory, 'events.ndjson')) as [string, string]; // prettier-ignore
      writeFileSync(path, drawLarge(random));
      if (rotating) writeFileSync(`${path}.1`, drawLarge(random).subarray(0, -1));
      cpSync(one, two, { recursive: true });
      const flags = drawFlags(random);
      if (rotating) flags.push('--backend', 'rotating', '--max-bytes', '200MB', '--max-files', '3');
      const alone = await compact(['--path', path, ...flags, ...ONE_THREAD]);
      const both = await compact(['--path', other, ...flags]);
      expect([flags, alone.code, both.code]).toEqual([flags, 0, 0]);
      const { records, bytes, status } = alone.report;
      expect([flags, both.report]).toMatchObject([flags, { records, bytes, status }]);
      const [expected, found] = [one, two].map(sumsOfFiles);
      expect([random.seed, flags, found]).toEqual([random.seed, flags, expected]);
    }
  },
  600_000,
);

import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compact, isRoot } from '../support/papyra.js';
import { Refused } from '../support/disk-image.js';
import { disk, overlay } from '../support/mounts.js';
import { CONTENT, expectCompacted, IN_PLACE, OFFLINE, placeOrSkip, record, REWRITE, run, STAY, title } from './log.js'; // prettier-ignore

const OLD = '.events.ndjson.papyra.old';

/**
 * Files that have different inode numbers, which are the same number to whoever holds them in a double: an
 * overlay with xino puts the number of the layer into the highest bits.
 */
function lookAlikes(files: Record<string, string>): string {
  const lower = join(disk('ext4', ['-b', '4096']), 'lower');
  mkdirSync(join(lower, 'data'), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(lower, 'data', name), content);
  }
  const data = join(overlay(disk('xfs'), lower, ',xino=on').point, 'data');
  const numbers = Object.keys(files).map(
    (name) => statSync(join(data, name), { bigint: true }).ino,
  );
  const distinct = (all: (bigint | number)[]) => new Set(all).size;
  if (distinct(numbers) !== numbers.length || distinct(numbers.map(Number)) !== 1) {
    throw new Refused(`the inode numbers here are ${numbers.join(', ')}, which can be told apart`);
  }
  return data;
}

const NEW = Array.from({ length: STAY }, (_, n) => record(n + 2500)).join('');
const LATE = [5000, 5001, 5002].map(record).join('');

describe.skipIf(!isRoot)(
  title('files whose inode numbers differ in their lowest bits alone'),
  () => {
    test.for([REWRITE, OFFLINE])(
      'the old file of a killed run is not taken for the log by %s: its late records are brought over',
      async ([, flags], { skip }) => {
        const old = `${OLD}.${CONTENT.length}.${NEW.length}`;
        const files = { 'events.ndjson': NEW, [old]: CONTENT + LATE };
        const data = placeOrSkip(skip, () => lookAlikes(files));
        const log = join(data, 'events.ndjson');
        expectCompacted(log, await run(log, flags), NEW + LATE);
      },
    );

    test.for([REWRITE, OFFLINE, IN_PLACE])(
      'both files of a rotating set are compacted by %s',
      async ([, flags], { skip }) => {
        const now = Date.now() / 1000;
        const half = (name: string, timestamp: number) => `{"in": "${name}", "timestamp": ${timestamp}, "pad": "${'x'.repeat(150)}"}\n`.repeat(500); // prettier-ignore
        const names = ['events.log', 'events.log.1'];
        const files = names.map((name) => [name, half(name, 1.5) + half(name, now)] as const);
        const data = placeOrSkip(skip, () => lookAlikes(Object.fromEntries(files)));
        const set = ['--backend', 'rotating', '--max-bytes', '2MB', '--max-files', '2'];
        const where = ['--path', join(data, 'events.log'), '--max-age', '52w'];
        const { code, stderr } = await compact([...set, ...where, ...flags]);
        expect(code, stderr).toBe(0);
        for (const name of names) {
          const left = readFileSync(join(data, name), 'utf8').split('\n').filter((line) => line.includes('"in"')); // prettier-ignore
          expect([name, left.length, left[0]]).toEqual([name, 500, half(name, now).split('\n')[0]]);
        }
      },
    );
  },
);

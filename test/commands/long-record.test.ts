import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compact } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';

const record = (n: number, pad = ''): string => `{"kind": "event", "timestamp": ${1_790_000_000 + n}.5, "pad": "${pad}"}\n`; // prettier-ignore

test.each([
  ['by count', ['--max-records', '100']],
  ['by size', ['--max-total-bytes', '60MB']],
])(
  'a record of 40 MB that has not expired stays when only the end is read, %s',
  async (_by, limit) => {
    const log = join(tempDirectory(), 'events.ndjson');
    const older = Array.from({ length: 100_000 }, (_, n) => record(n, 'x'.repeat(300)));
    const newer = Array.from({ length: 50 }, (_, n) => record(200_000 + n));
    writeFileSync(log, [...older, record(150_000, 'y'.repeat(40e6)), ...newer].join(''));
    const { code, report, stderr } = await compact([
      '--path',
      log,
      '--unreadable',
      'drop',
      ...limit,
    ]);
    expect(code, stderr).toBe(0);
    const left = readFileSync(log, 'utf8').split('\n').slice(0, -1);
    expect({ kept: report.records.kept, long: left.filter((line) => line.length > 40e6).length }).toEqual({ kept: left.length, long: 1 }); // prettier-ignore
  },
);

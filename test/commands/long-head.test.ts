import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PAPYRA } from '../support/papyra.js';
import { peakMemory } from '../support/peak-memory.js';
import { tempLog } from '../support/temp.js';

const MIB = 1 << 20;

test('a head of one line of 600 MB goes in place within 64 MiB over Node’s own memory', () => {
  const log = tempLog('');
  const fd = openSync(log, 'a');
  const piece = Buffer.alloc(MIB, 'x');
  writeSync(fd, '{"timestamp": 1.5, "payload": "');
  for (let written = 0; written < 600; written++) writeSync(fd, piece);
  writeSync(fd, '"}\n');
  const live = Array.from({ length: 1000 }, (_, n) => `{"n": ${n}, "timestamp": 4000000000.5}\n`).join(''); // prettier-ignore
  writeSync(fd, live);
  closeSync(fd);
  const node = peakMemory(['-e', '0']);
  const run = peakMemory([PAPYRA, 'persistence', 'compact', '--path', log, '--max-age', '52w', '--in-place']); // prettier-ignore
  console.log(
    `600 MB in one line: ${Math.round(run.mib)} MiB, Node itself ${Math.round(node.mib)}`,
  );
  expect(run.code).toBe(0);
  expect(run.mib - node.mib).toBeLessThan(64);
  const { size } = statSync(log);
  expect(size).toBeLessThan(MIB);
  const end = Buffer.alloc(live.length);
  const left = openSync(log, 'r');
  readSync(left, end, 0, end.length, size - end.length);
  closeSync(left);
  expect(end.toString()).toBe(live);
}, 120_000);

import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SEGMENT_BYTES, segment, segmentsIn } from '../../src/log/segments.js';
import { tempDirectory } from '../support/temp.js';

const line = (length: number) => `${'x'.repeat(length - 1)}\n`;

test.each([
  ['lines that end where a part does', line(SEGMENT_BYTES).repeat(3), [1, 1, 1]],
  ['lines of three parts between short ones', line(9) + line(3 * SEGMENT_BYTES) + line(9), [2, 0, 0, 1]], // prettier-ignore
  ['lines a byte longer and a byte shorter', line(SEGMENT_BYTES + 1) + line(SEGMENT_BYTES - 1) + line(5), [1, 1, 1]], // prettier-ignore
  ['no newline at all', 'x'.repeat(2 * SEGMENT_BYTES + 7), [0, 0, 0]],
])('%s: each is in the part in which it begins', (_what, content, linesInParts) => {
  const path = join(tempDirectory(), 'log');
  writeFileSync(path, content);
  const file = { fd: openSync(path, 'r'), path };
  const { size } = statSync(path);
  const parts = Array.from({ length: segmentsIn(0, size) }, (_, at) => segment(file, 0, size, at));
  closeSync(file.fd);
  const lines = parts.map(({ from, to }) => content.slice(from, to).split('\n').length - 1);
  expect(lines).toEqual(linesInParts);
  // Together they are all of it, in order.
  const filled = parts.filter(({ from, to }) => from < to);
  expect(filled.map(({ from }) => from)).toEqual([0, ...filled.map(({ to }) => to).slice(0, -1)]);
  expect(filled.at(-1)!.to).toBe(size);
});

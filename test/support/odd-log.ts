import { mutate } from './mutate.js';
import type { Random } from './random.js';
import { records } from './records.js';

/** Seconds since 1970 of the first record, and seconds between two. */
export const START = 1_790_000_000;
export const STEP = 97.123456;

const deep = (levels: number) => `{"d": ${'['.repeat(levels)}${']'.repeat(levels)}, "timestamp": 1790000001.5}`; // prettier-ignore

/** Lines that readers have taken for something else. */
export const ODD_LINES = [
  '',
  ' \t\r',
  '{}',
  '[]',
  '{"timestamp": 1790000001.5}\r',
  '{"timestamp": 1.79e9}',
  '{"timestamp": -1.5}',
  '{"timestamp": NaN}',
  '{"timestamp": -Infinity}',
  '{"timestamp": 1e999}',
  '{"timestamp": "1790000001"}',
  '{"timestamp": {"timestamp": 1}}',
  '{"timestamp": 5, "timestamp": []}',
  '{"timestamp": [], "timestamp": 1790000001}',
  '{"timestamp": 1790000001, "timestamp": null}',
  '{"\\u0074imestamp": 1790000001}',
  '{"timestamp": 1790000001, "\\u0074imestamp": 7}',
  '{"timestamp": 999999999999999}',
  '{"timestamp": 9999999999999999}',
  '{"timestamp": 01790000001}',
  '{"timestamp": 1790000001.}',
  '{"a": -}',
  '{"a": -NaN}',
  '{"a": tru}',
  '{"a": 1,}',
  '{"a" 1}',
  '{"a": 1} x',
  '{"a": "\u007f\u00e9\u2028\u{1f600}"}',
  `{"i": ${'9'.repeat(4300)}}`,
  `{"i": ${'9'.repeat(4301)}}`,
  `{"i": ${'9'.repeat(4301)}.5, "timestamp": 1790000001}`,
  deep(60),
  deep(61),
  deep(62),
  deep(63),
  deep(994),
  deep(995),
];

/** A log of many shapes, some of them torn and bent; `wild`: how much of it. */
export function drawLog(random: Random, count: number, wild: number): Buffer {
  const lines: Buffer[] = [];
  const stream = records({ seed: random.seed, count, start: START, step: STEP });
  for (const record of stream) {
    const line = Buffer.from(record);
    lines.push(random.chance(wild) ? mutate(line, random) : line);
    if (random.chance(wild / 10)) lines.push(Buffer.from(random.pick(ODD_LINES)));
  }
  return Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
}

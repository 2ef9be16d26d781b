import { describe, expect, test } from 'vitest';
import { LineScanner } from '../../src/records/scanner.js';
import { classifyByPython } from '../support/oracle.js';
import { mutate } from '../support/mutate.js';
import { Random, testSeed } from '../support/random.js';
import { records } from '../support/records.js';

interface Seen {
  kind: string;
  start: number;
  end: number;
  timestamp: number;
}

/** Scans bytes cut into chunks at the given places. */
function scan(bytes: Uint8Array, cuts: number[] = []): { lines: Seen[]; rest: number } {
  const lines: Seen[] = [];
  const scanner = new LineScanner((kind, start, end, timestamp) => {
    lines.push({ kind, start, end, timestamp });
  });
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    scanner.push(bytes.subarray(from, cut));
    from = cut;
  }
  return { lines, rest: bytes.length - scanner.lineStart };
}

function kindOf(line: string | Uint8Array): string {
  const { lines } = scan(Buffer.concat([Buffer.from(line), Buffer.from('\n')]));
  return lines[0]!.kind;
}

const LINES = [
  '{"timestamp": 1}',
  '{"timestamp": 1790000000.0}',
  '{"timestamp": -12.5e-3}',
  '{"timestamp": 1E+05}',
  '{"timestamp": 0}',
  '{"timestamp": -0}',
  '{"timestamp": 01}',
  '{"timestamp": 1.}',
  '{"timestamp": .5}',
  '{"timestamp": +1}',
  '{"timestamp": 1e}',
  '{"timestamp": - 1}',
  '{"timestamp": NaN}',
  '{"timestamp": Infinity}',
  '{"timestamp": -Infinity}',
  '{"timestamp": -NaN}',
  '{"timestamp": nan}',
  '{"timestamp": 1e400}',
  '{"timestamp": true}',
  '{"timestamp": null}',
  '{"timestamp": "1790000000.0"}',
  '{"timestamp": [1]}',
  '{"timestamp": {"timestamp": 1}}',
  '{"timestamp": 1, "timestamp": 2}',
  '{"timestamp": 1, "timestamp": "x"}',
  '{"timestamp": "x", "timestamp": 3}',
  '{"timestamp": 1, "payload": {"timestamp": 9}}',
  '{"payload": {"timestamp": 9}}',
  '{"\\u0074imestamp": 7}',
  '{"t\\u0069mestamp": 7, "timestamp": 8}',
  '{"timestamps": 7}',
  '{"timestam": 7}',
  '{"timestamp\\u0000": 7}',
  '{"xtimestamp": 7}',
  '{"timestamp" : 7 }  ',
  '\t {"timestamp":7}\r',
  '{}',
  '[]',
  '"text"',
  '1790000000.0',
  'null',
  '',
  '   ',
  '\r',
  '\t \r',
  '\u000b',
  '\u00a0',
  '\ufeff{}',
  '{"a": 1',
  '{"a": 1}}',
  '{"a": 1}{"a": 2}',
  '{"a": 1},',
  '{"a": 1,}',
  '{"a" 1}',
  '{a: 1}',
  "{'a': 1}",
  '{"a": [1, 2, [3, {"b": []}]]}',
  '{"a": [1, 2,]}',
  '{"a": [}',
  '{"a": [1}]',
  '{"a": tru}',
  '{"a": truex}',
  '{"a": "\\q"}',
  '{"a": "\\u12g4"}',
  '{"a": "\\u123"}',
  '{"a": "\\ud800"}',
  '{"a": "\\/\\b\\f\\n\\r\\t\\\\\\""}',
  '{"a": "tab\there"}',
  '{"a": "del\u007f"}',
  '{"a": "\u2028"}',
  '{"big": 123456789012345678901234567890, "timestamp": 5}',
  `{"digits": ${'1'.repeat(4300)}}`,
  `{"digits": ${'1'.repeat(4301)}}`,
  `{"digits": -${'1'.repeat(4301)}}`,
  `{"digits": ${'1'.repeat(5000)}.0}`,
  `{"timestamp": 17900000${'0'.repeat(4000)}e-3999}`,
  `{"a": ${'['.repeat(900)}${']'.repeat(900)}}`,
  `{"a": ${'['.repeat(5000)}${']'.repeat(5000)}}`,
];

describe('the scanner', () => {
  test('reads each line of a table of odd ones as Python does', () => {
    const bytes = LINES.map((line) => Buffer.from(line));
    const python = classifyByPython(bytes);
    bytes.forEach((line, index) => {
      const { lines } = scan(Buffer.concat([line, Buffer.from('\n')]));
      const [kind, timestamp] = python[index]!;
      expect([LINES[index]!.slice(0, 80), lines[0]!.kind]).toEqual([
        LINES[index]!.slice(0, 80),
        kind,
      ]);
      if (timestamp !== null) expect(lines[0]!.timestamp === timestamp).toBe(true);
    });
  });

  test('takes only well-formed UTF-8, as Python does', () => {
    const parts = [
      [0xc3, 0xbc], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xe0, 0x9f, 0xbf], [0xe0, 0xa0, 0x80],
      [0xed, 0xa0, 0x80], [0xed, 0x9f, 0xbf], [0xee, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf0, 0x90, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80],
      [0x80], [0xff], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xe2, 0x28, 0xa1],
    ]; // prettier-ignore
    const lines = parts.map((part) =>
      Buffer.concat([Buffer.from('{"a": "'), Buffer.from(part), Buffer.from('"}')]),
    );
    expect(lines.map(kindOf)).toEqual(classifyByPython(lines).map(([kind]) => kind));
  });

  test('decides the same wherever the chunks are cut', () => {
    const text = LINES.slice(0, -6).join('\n') + '\n{"timestamp": 4, "tail';
    const bytes = Buffer.from(text);
    const whole = scan(bytes);
    for (let cut = 1; cut < bytes.length; cut++) expect(scan(bytes, [cut])).toEqual(whole);
    const everyByte = Array.from({ length: bytes.length - 1 }, (_, index) => index + 1);
    expect(scan(bytes, everyByte)).toEqual(whole);
    expect(whole.rest).toBe('{"timestamp": 4, "tail'.length);
  });

  test('agrees with Python on mutated records', () => {
    const random = new Random(testSeed('scanner'));
    const lines = Array.from(
      records({ seed: random.seed, count: 3000, start: 1_790_000_000, step: 97.123456 }),
      (record) => mutate(Buffer.from(record), random),
    );
    const python = classifyByPython(lines);
    const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    const cuts = Array.from({ length: 50 }, () => random.below(bytes.length)).sort((a, b) => a - b);
    const ours = scan(bytes, cuts).lines;
    expect(ours).toHaveLength(lines.length);
    ours.forEach(({ kind, timestamp }, index) => {
      const [expected, seconds] = python[index]!;
      expect({ line: lines[index]!.toString('latin1'), kind }).toEqual({
        line: lines[index]!.toString('latin1'),
        kind: expected,
      });
      if (seconds !== null) expect(timestamp).toBe(seconds);
    });
  });
});

// Reading a file whose head is removed meanwhile, that is cut off, or that has less than was asked for.
import { ftruncateSync, writeFileSync, writeSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lines } from '../../src/files/lines.js';
import { chunks, type OpenFile } from '../../src/files/read.js';
import { lastLineEnd, readFully, SteadyFile } from '../../src/files/steady-file.js';
import { TailSample } from '../../src/files/tail-sample.js';
import { WholeLines } from '../../src/files/whole-lines.js';
import { openForTest } from '../support/open.js';
import { tempLog } from '../support/temp.js';

function open(content: string | Buffer): OpenFile {
  const path = tempLog(content);
  return { fd: openForTest(path, 'r+'), path };
}

const line = (n: number): string => `{"n": ${String(n).padStart(8, '0')}}\n`;
const BYTES = line(0).length;
const content = (from: number, to: number): string => Array.from({ length: to - from }, (_, at) => line(from + at)).join(''); // prettier-ignore

/** What the kernel does with a head: all that is behind it moves up. */
function removeHead({ fd }: OpenFile, text: string, bytes: number): void {
  const left = Buffer.from(text).subarray(bytes);
  writeSync(fd, left, 0, left.length, 0);
  ftruncateSync(fd, left.length);
}

describe('a steady file', () => {
  test('is read by its first offsets after its head went, also much of it', () => {
    const text = content(0, 300_000);
    const file = open(text);
    const steady = new SteadyFile(file, text.length);
    const buffer = Buffer.alloc(1 << 16);
    removeHead(file, text, 200_000 * BYTES);
    const at = 250_000 * BYTES;
    expect(steady.read(at, at + BYTES, buffer).bytes.toString()).toBe(line(250_000));
    expect(steady.removed).toBe(200_000 * BYTES);
    // What is gone is left out.
    const piece = steady.read(199_999 * BYTES, 200_001 * BYTES, buffer);
    expect([piece.start, piece.bytes.toString()]).toEqual([200_000 * BYTES, line(200_000)]);
  });

  test('that was truncated, or is another one, is not read', () => {
    const text = content(0, 10_000);
    const buffer = Buffer.alloc(1 << 16);
    for (const spoil of [
      (fd: number) => { ftruncateSync(fd, 100); },
      (fd: number) => { ftruncateSync(fd, 0); },
      (fd: number) => void writeSync(fd, content(20_000, 30_000), 0),
    ]) {
      const file = open(text);
      const steady = new SteadyFile(file, text.length);
      spoil(file.fd);
      expect(() => steady.read(0, BYTES, buffer)).toThrow('was truncated while papyra read it');
    }
  }); // prettier-ignore

  test('is not read behind what it has', () => {
    const file = open(content(0, 10));
    const steady = new SteadyFile(file, 10 * BYTES);
    expect(() => steady.read(0, 11 * BYTES, Buffer.alloc(1 << 16))).toThrow('was truncated');
  });
});

describe('a range that reaches behind the end', () => {
  test('ends where the file does', async () => {
    const file = open(content(0, 10));
    expect(readFully(file, 5 * BYTES, 99 * BYTES, Buffer.alloc(1 << 16))).toHaveLength(5 * BYTES);
    expect([...lines(file, 0, 99 * BYTES)]).toHaveLength(10);
    const read: number[] = [];
    for await (const chunk of chunks(file, 0, 99 * BYTES, () => undefined)) read.push(chunk.length);
    expect(read).toEqual([10 * BYTES]);
  });

  test('long lines are put together of many reads, and a file without a newline has no line', () => {
    const long = 'x'.repeat(200_000);
    const file = open(`${long}\n${long}`);
    expect([...lines(file, 0, 500_000)].map(({ length }) => length)).toEqual([200_001]);
    expect(lastLineEnd(file, 400_001)).toBe(200_001);
    expect(lastLineEnd(open(long), 200_000)).toBe(0);
  });
});

test('the sample of an end tells when the file was cut off, also when it has grown again', () => {
  const file = open(content(0, 1000));
  const sample = new TailSample(file, 1000 * BYTES);
  sample.assertUnchanged();
  writeFileSync(file.path, content(1000, 1900));
  expect(() => sample.assertUnchanged()).toThrow('was truncated');
  writeFileSync(file.path, content(1000, 3000));
  expect(() => sample.assertUnchanged()).toThrow('was truncated');
});

test('a line that began in an earlier read is handed over whole, and told when it was cut off', () => {
  const file = open(line(1).slice(0, 5));
  const follower = new WholeLines(file, 0);
  const taken: string[] = [];
  const take = (piece: Buffer): number => taken.push(piece.toString());
  expect([follower.read(take), follower.unterminated, follower.read(take)]).toEqual([true, 5, false]); // prettier-ignore
  writeSync(file.fd, line(1).slice(5), 5);
  follower.read(take);
  expect(taken).toEqual([line(1)]);
  writeSync(file.fd, 'half', BYTES);
  follower.read(take);
  ftruncateSync(file.fd, BYTES);
  expect(() => follower.takeRest(take)).toThrow('was truncated');
});

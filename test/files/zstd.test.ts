// Whether a zstd file is whole, on files that zstd(1) makes.
import { execaSync } from 'execa';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { endsWithFrame } from '../../src/files/zstd-frames.js';
import { tempLog } from '../support/temp.js';

describe('a zstd file', () => {
  /** As zstd(1) makes it: blocks as they come, of one byte again and again, in one piece, with and without a checksum. */
  const made = (content: string, ...flags: string[]): string => {
    const path = tempLog(content);
    execaSync('zstd', ['--quiet', ...flags, path, '-o', `${path}.zst`]);
    return `${path}.zst`;
  };
  const random = Array.from({ length: 300_000 }, (_, n) => String.fromCharCode(32 + ((n * 7919) % 90))).join(''); // prettier-ignore

  test.each([
    ['short', 'a', []],
    ['of one byte', 'a'.repeat(500_000), ['--no-check']],
    ['of many blocks', random, ['-1']],
    ['of a stream', random, ['-1', '--no-content-size']],
  ] as const)('%s ends with its last frame, and cut off anywhere it does not', (_what, content, flags) => {
    const path = made(content, ...flags);
    expect(endsWithFrame(path)).toBe(true);
    const bytes = readFileSync(path);
    for (const cut of [1, 4, 8, bytes.length - 3, bytes.length - 5]) {
      if (cut >= bytes.length) continue;
      writeFileSync(path, bytes.subarray(0, bytes.length - cut));
      expect([cut, endsWithFrame(path)]).toEqual([cut, false]);
    }
    const skipped = Buffer.from('502a4d1803000000616263', 'hex');
    writeFileSync(path, Buffer.concat([bytes, skipped, bytes]));
    expect(endsWithFrame(path)).toBe(true);
    writeFileSync(path, Buffer.concat([bytes, Buffer.from('text')]));
    expect(endsWithFrame(path)).toBe(false);
  }); // prettier-ignore
});

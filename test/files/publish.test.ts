// A file that gets its name when it is whole, in a directory that is not what it should be.
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publishInto, type Publication } from '../../src/files/archive.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const what = (fill: Publication['fill']): Publication => ({ tempName: '.temp', owner: statSync('.'), fill, name: () => 'file' }); // prettier-ignore
const whole: Publication['fill'] = (write) => {
  write(Buffer.from('content'));
  return Promise.resolve();
};

describe('a published file', () => {
  test('is there, whole, and nothing else is', async () => {
    const directory = tempDirectory();
    expect(await publishInto(directory, what(whole))).toBe(join(directory, 'file'));
    expect([readdirSync(directory), readFileSync(join(directory, 'file'), 'utf8')]).toEqual([['file'], 'content']); // prettier-ignore
  });

  test('is not made in what is no directory, or is not there', async () => {
    const file = tempLog('');
    const wrong = {
      code: 'io_error',
      hint: 'check the directory of the archive: it must be there',
    };
    await expect(publishInto(file, what(whole))).rejects.toMatchObject({ ...wrong, message: expect.stringContaining('is not a directory; nothing was dropped') as string }); // prettier-ignore
    await expect(publishInto(`${file}.gone`, what(whole))).rejects.toMatchObject({ code: 'io_error', message: expect.stringContaining('no such file or directory; nothing was dropped') as string }); // prettier-ignore
  });

  test('is not taken for ours when somebody else has removed or replaced it', async () => {
    const directory = tempDirectory();
    const temp = join(directory, '.temp');
    const removed = what((write) => {
      write(Buffer.from('a'));
      unlinkSync(temp);
      return Promise.resolve();
    });
    await expect(publishInto(directory, removed)).rejects.toThrow(
      'somebody else has removed or replaced',
    );
    const replaced = what(async () => Promise.resolve().then(() => { unlinkSync(temp); writeFileSync(temp, 'other'); })); // prettier-ignore
    await expect(publishInto(directory, replaced)).rejects.toThrow(
      'somebody else has removed or replaced',
    );
    expect(existsSync(join(directory, 'file'))).toBe(false);
  });

  test('whose content fails for a bug leaves nothing, and the bug is not hidden', async () => {
    const directory = tempDirectory();
    await expect(publishInto(directory, what(async () => Promise.reject(new TypeError('a bug'))))).rejects.toThrow(TypeError); // prettier-ignore
    expect(readdirSync(directory)).toEqual([]);
  });
});

import { execaSync } from 'execa';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manPages } from '../man/generate.js';
import { ROOT } from './support/papyra.js';

const pages = manPages();

describe('the man pages', () => {
  test.each([...pages.keys()])('%s is what command tree and prose make (npm run man)', (name) => {
    expect(readFileSync(join(ROOT, 'man', name), 'utf8')).toBe(pages.get(name));
  });

  test.each([...pages.keys()])('%s has nothing that mandoc -T lint complains about', (name) => {
    const lint = execaSync('mandoc', ['-T', 'lint', name], {
      cwd: join(ROOT, 'man'),
      reject: false,
    });
    expect(lint.stdout).toBe('');
    expect(lint.exitCode).toBe(0);
  });

  test.each([...pages])('%s shows no directive of the generator', (_name, text) => {
    expect(text).not.toMatch(/^@\w.*@$/m);
  });

  test('are all installed with the package', () => {
    const text = readFileSync(join(ROOT, 'package.json'), 'utf8');
    const { man } = JSON.parse(text) as { man: string[] };
    expect([...man].sort()).toEqual([...pages.keys()].map((name) => `./man/${name}`).sort());
  });
});

// The real path of a file that somebody replaces meanwhile.
import { execa } from 'execa';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resolveTo } from '../../src/files/resolve.js';
import { tempDirectory } from '../support/temp.js';

const REPLACE = `
  const { renameSync, writeFileSync } = require('node:fs');
  const path = process.argv[1];
  for (let n = 0; ; n++) {
    writeFileSync(path + '.new', '');
    renameSync(path + '.new', path);
    if (n === 0) console.log('ready');
  }
`;

test('a file that is replaced all the time is found at each look', async () => {
  const path = join(tempDirectory(), 'events.ndjson');
  const other = execa(process.execPath, ['-e', REPLACE, path], { reject: false });
  try {
    await once(other.stdout, 'data');
    for (let looks = 0; looks < 20_000; looks++) expect(resolveTo(path)).toBe(path);
  } finally {
    other.kill('SIGKILL');
    await other;
  }
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findWritersInProc } from '../../src/files/writers.js';
import { tempDirectory } from '../support/temp.js';

/** Every descriptor of another process that was seen writing to the log, over many looks. */
async function looksAt(script: string) {
  const path = join(tempDirectory(), 'events.ndjson');
  const fd = openSync(path, 'a+');
  const child = spawn('/bin/sh', ['-c', script, 'sh', path], { stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child.stderr, 'data');
  const seen = { appending: 0, elsewhere: 0 };
  for (let looks = 0; looks < 500; looks++) {
    const look = findWritersInProc({ fd, path });
    if (look.who !== 'somebody') continue;
    for (const { pid, appends } of look.writers)
      if (pid === child.pid) seen[appends ? 'appending' : 'elsewhere']++;
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  closeSync(fd);
  return seen;
}

test('a shell that appends record after record is never taken for a writer without O_APPEND', async () => {
  const seen = await looksAt('echo >&2; while :; do echo x >>"$1"; done');
  expect(seen.elsewhere).toBe(0);
  expect(seen.appending).toBeGreaterThan(0);
});

test('a descriptor that is held without O_APPEND is seen in every look', async () => {
  expect(await looksAt('exec 3<>"$1"; echo >&2; while :; do sleep 1; done')).toEqual({ appending: 0, elsewhere: 500 }); // prettier-ignore
});

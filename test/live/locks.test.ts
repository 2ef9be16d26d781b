import { execa } from 'execa';
import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { BARE, isRoot, papyra, PLAIN_USER } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';
import { COMPACT, EXPIRED } from './run.js';

const LIVE = `{"n": 1, "timestamp": ${Date.now() / 1000}}\n`;

/** Takes a lock and keeps it, in one process. */
const HOLD = `
import fcntl, sys, time
file = open(sys.argv[1], sys.argv[2])
fcntl.flock(file, fcntl.LOCK_SH if sys.argv[3] == "shared" else fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
`;

const holders: { kill: (signal: 'SIGKILL') => boolean }[] = [];

afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
});

async function holdLock(
  file: string,
  mode: 'r' | 'a',
  kind: 'shared' | 'exclusive',
  uid = process.getuid?.() ?? 0,
) {
  // prettier-ignore
  const holder = execa('python3', ['-c', HOLD, file, mode, kind], {
    env: BARE,
    extendEnv: false,
    reject: false,
    uid,
  });
  holders.push(holder);
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  return holder.pid!;
}

const lockOf = (log: string) => join(dirname(log), `.${basename(log)}.papyra.lock`);

describe('a lock', () => {
  test('that a program holds which is no run of papyra: 75 names its pid and command', async () => {
    const log = tempLog(EXPIRED.repeat(10) + LIVE);
    writeFileSync(lockOf(log), '');
    const pid = await holdLock(lockOf(log), 'a', 'exclusive');
    const run = await papyra([...COMPACT, '--path', log]);
    expect([run.code, run.stderr]).toEqual([75, expect.stringMatching(new RegExp(`held by pid ${pid} \\(.*python3 .*\\n.*has not signed`))]); // prettier-ignore
    expect(readFileSync(log, 'utf8')).toBe(EXPIRED.repeat(10) + LIVE);
  });

  test.runIf(isRoot)(
    'on the log, of somebody who may only read it: the run goes on and needs no patience',
    async () => {
      for (const kind of ['shared', 'exclusive'] as const) {
        const log = tempLog(EXPIRED.repeat(10) + LIVE);
        chmodSync(dirname(log), 0o755);
        chmodSync(log, 0o644);
        await holdLock(log, 'r', kind, PLAIN_USER);
        const run = await papyra([...COMPACT, '--path', log, '--lock-wait', '1m']);
        expect([run.code, run.stderr]).toEqual([0, '']);
        expect(readFileSync(log, 'utf8')).toBe(LIVE);
      }
    },
  );

  test('on the log, of its owner, who may be another run under another name: 75 names it', async () => {
    const log = tempLog(EXPIRED.repeat(10) + LIVE);
    const pid = await holdLock(log, 'r', 'exclusive');
    const run = await papyra([...COMPACT, '--path', log]);
    expect([run.code, run.stderr]).toEqual([75, expect.stringContaining(`pid ${pid}`)]);
  });

  test.runIf(isRoot)(
    'of an earlier version, which everybody could read, is narrowed to those who may write the log',
    async () => {
      const log = tempLog(EXPIRED.repeat(10) + LIVE);
      chmodSync(log, 0o664);
      chownSync(log, 1234, 1234);
      writeFileSync(lockOf(log), '');
      chownSync(lockOf(log), 1234, 1234);
      chmodSync(lockOf(log), 0o664);
      await sleep(10);
      expect((await papyra([...COMPACT, '--path', log])).code).toBe(0);
      expect((statSync(lockOf(log)).mode & 0o777).toString(8)).toBe('660');
    },
  );
});

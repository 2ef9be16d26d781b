import { chmodSync, chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot, papyra, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';

if (!isRoot) console.log('NOT RUN: runs of other users, because only root may become one');

const OWNER = 1234;
const RECORDS = '{"timestamp": 1.5}\n'.repeat(20);

describe.runIf(isRoot)('a log of somebody else', () => {
  test('is refused before anything is made beside it: its owner is not locked out', async () => {
    const bin = publicInstall();
    const log = tempLog(RECORDS);
    chmodSync(dirname(log), 0o777);
    chownSync(log, OWNER, OWNER);
    const args = ['persistence', 'compact', '--path', log, '--max-records', '5'];
    const other = await papyra(args, { bin, uid: PLAIN_USER, gid: PLAIN_USER });
    expect([other.code, other.stderr]).toEqual([77, expect.stringContaining('1234')]);
    expect(readdirSync(dirname(log))).toEqual(['events.ndjson']);
    const owner = await papyra(args, { bin, uid: OWNER, gid: OWNER });
    expect([owner.code, owner.stderr]).toEqual([0, '']);
    expect(readFileSync(log, 'utf8')).toBe('{"timestamp": 1.5}\n'.repeat(5));
  });

  test('whose group is none of the owner’s is refused with the way out', async () => {
    const bin = publicInstall();
    const log = tempLog(RECORDS);
    chmodSync(dirname(log), 0o777);
    chownSync(log, OWNER, 4321);
    const args = ['persistence', 'compact', '--path', log, '--max-records', '5'];
    const run = await papyra(args, { bin, uid: OWNER, gid: OWNER });
    expect([run.code, run.stderr]).toEqual([77, expect.stringMatching(/4321[^]*chgrp/)]);
    expect(readFileSync(log, 'utf8')).toBe(RECORDS);
  });

  test('whose group is none of the owner’s is shortened in place, which keeps the file', async () => {
    const bin = publicInstall();
    const log = tempLog(`{"timestamp": 1.5, "pad": "${'x'.repeat(100)}"}\n`.repeat(1000));
    chmodSync(dirname(log), 0o777);
    chmodSync(log, 0o660);
    chownSync(log, OWNER, 4321);
    const before = statSync(log);
    const args = ['persistence', 'compact', '--path', log, '--max-records', '100', '--in-place'];
    const dry = await papyra([...args, '--dry-run'], { bin, uid: OWNER, gid: OWNER });
    const run = await papyra(args, { bin, uid: OWNER, gid: OWNER });
    expect([dry.code, run.code, run.stderr]).toEqual([0, 0, '']);
    const { ino, uid, gid, mode, size } = statSync(log);
    expect({ ino, uid, gid, mode }).toEqual({ ino: before.ino, uid: OWNER, gid: 4321, mode: before.mode }); // prettier-ignore
    expect(size).toBeLessThan(before.size / 2);
    for (const name of readdirSync(dirname(log)).filter((one) => one.startsWith('.'))) {
      const companion = statSync(join(dirname(log), name));
      expect([name, companion.uid, companion.mode & 0o077]).toEqual([name, OWNER, 0]);
    }
    const nothing = await papyra([...args.slice(0, 4), '--max-records', '1000'], { bin, uid: OWNER, gid: OWNER }); // prettier-ignore
    expect([nothing.code, nothing.stderr]).toEqual([0, '']);
  });

  test('in a directory whose new files get that group is rewritten', async () => {
    const bin = publicInstall();
    const log = tempLog(RECORDS);
    chownSync(dirname(log), 0, 4321);
    chmodSync(dirname(log), 0o2777);
    chownSync(log, OWNER, 4321);
    const args = ['--path', log, '--max-records', '5'];
    for (const command of [
      ['config', 'check'],
      ['persistence', 'compact'],
    ]) {
      const run = await papyra([...command, ...args], { bin, uid: OWNER, gid: OWNER });
      expect([run.code, run.stderr]).toEqual([0, '']);
    }
    expect(readFileSync(log, 'utf8')).toBe('{"timestamp": 1.5}\n'.repeat(5));
    expect(statSync(log).gid).toBe(4321);
  });
});

test('a name too long for the files beside it: 74 before anything is made', async () => {
  const log = join(tempDirectory(), `${'n'.repeat(240)}.log`);
  writeFileSync(log, RECORDS);
  const run = await papyra(['persistence', 'compact', '--path', log, '--max-records', '5']);
  expect([run.code, run.stderr]).toEqual([74, expect.stringContaining('too long')]);
  expect(readdirSync(dirname(log))).toHaveLength(1);
});

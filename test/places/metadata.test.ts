import { execaSync } from 'execa';
import { chmodSync, chownSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { disk } from '../support/mounts.js';
import { untilAtWork } from '../live/run.js';
import { CONTENT, expectCompacted, makeLog, run, SLOWLY, startWriter, title, underWriter } from './log.js'; // prettier-ignore
import { metadata, startProbe, user } from './metadata.js';

const [OWNER, WRITER, DENIED, STRANGER] = [user(61_001), user(61_002), user(61_003), user(61_004)];

/** A log with all that a file can have, in a directory that would give new files to everybody. */
function richLog(kind: 'ext4' | 'xfs'): string {
  const log = makeLog(disk(kind));
  chownSync(log, OWNER.uid, OWNER.gid);
  const rights = `u::rw,u:${WRITER.uid}:rw,g::r,g:${DENIED.gid}:-,m::rw,o::r`;
  execaSync('setfacl', ['--set', rights, log]);
  const others = `u:${STRANGER.uid}:rwx,g:${DENIED.gid}:rwx,g::rwx,o::rwx`;
  execaSync('setfacl', ['--default', '--modify', others, dirname(log)]);
  const attributes = {
    'user.note': '0x00ff0a2200',
    'user.empty': '0x',
    'user.long': `0x${'00fe'.repeat(400)}`,
    'security.note': '0xff00fe',
    'trusted.note': '0x0a0000ff',
  };
  for (const [name, value] of Object.entries(attributes)) {
    execaSync('setfattr', ['--name', name, '--value', value, log]);
  }
  return log;
}

describe.skipIf(!isRoot)(title("what a log has beside its content survives root's rewrite"), () => {
  describe.each(['ext4', 'xfs'] as const)('on %s', (kind) => {
    test('its access control list and extended attributes, to the byte', async () => {
      const log = richLog(kind);
      const before = metadata(log);
      expectCompacted(log, await run(log), CONTENT);
      expect(metadata(log)).toEqual(before);
    });

    test('who may append by that list alone appends before, while and after', async () => {
      const log = richLog(kind);
      const writer = startWriter(log, undefined, WRITER);
      const { done, appended } = await underWriter(writer, () => run(log, SLOWLY));
      expectCompacted(log, done, CONTENT + appended);
    });

    test.each([
      ['one of a group that is denied it', 'read', DENIED],
      ['one of a group that is denied it', 'write', DENIED],
      ['one whom the directory would let in', 'write', STRANGER],
    ] as const)(
      '%s %ss neither the log nor a file beside it, before, while and after',
      async (_one, what, who) => {
        const log = richLog(kind);
        const probe = startProbe(dirname(log), what, who);
        expectCompacted(log, await run(log, SLOWLY), CONTENT);
        expect(await probe.stop()).toEqual([]);
      },
    );
  });

  test('who may only read the log cannot hold its lock', async () => {
    const log = makeLog(disk('ext4'));
    chmodSync(log, 0o644);
    const working = run(log, SLOWLY);
    await untilAtWork(log);
    const lock = join(dirname(log), `.${basename(log)}.papyra.lock`);
    const hold = () => execaSync('flock', ['--shared', '--nonblock', lock, 'true'], { ...STRANGER, cwd: '/', reject: false }).stderr; // prettier-ignore
    expect(hold()).toMatch(/Permission denied/);
    expectCompacted(log, await working, CONTENT);
    expect(hold()).toMatch(/Permission denied/);
  });
});

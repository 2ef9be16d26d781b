// Single calls that fail as no place of ours lets them fail: file systems of other kinds, sandboxes, disks that break.
import { execaSync } from 'execa';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { papyra } from '../support/papyra.js';
import { BEFORE, expectCompacted, expectNothingLost, KEPT, scene } from './scene.js';
import { withFault, type Fault } from './strace.js';

interface Case extends Fault {
  mode?: string;
  flags?: string[];
  code: number;
  says?: RegExp;
  /** What is done to the log before. */
  before?: (log: string) => void;
}

const TMPFILE = { call: 'openat', like: /O_TMPFILE/ };
const PROBE = { call: 'linkat', like: /papyra\.probe"/ };
const OLD_LINK = { call: 'link', like: /papyra\.old/ };
const setNote = (log: string): void => void execaSync('setfattr', ['--name', 'user.note', '--value', 'a', log]); // prettier-ignore

const CASES: Record<string, Case> = {
  'a place without nameless files: a file with a name is tried out': { ...TMPFILE, error: 'EOPNOTSUPP', code: 0 },
  'the same, offline': { ...TMPFILE, error: 'EISDIR', flags: ['--offline'], code: 0 },
  'the same in a dry run, which makes no file with a name': { ...TMPFILE, error: 'EOPNOTSUPP', flags: ['--dry-run'], code: 0 },
  'the same, and without hard links': { ...TMPFILE, error: 'EOPNOTSUPP', more: 'link:error=EPERM', code: 77, says: /does not allow a second name/ },
  'a place where no file can be made': { ...TMPFILE, error: 'EIO', code: 74, says: /cannot make a file in .*input\/output error/ },
  'the same in a dry run of one who may make none there': { ...TMPFILE, error: 'EACCES', flags: ['--dry-run'], code: 0 },
  'the same in place': { ...TMPFILE, error: 'EIO', mode: 'in place', code: 74, says: /cannot make a file in/ },
  'in place, where none can be made to try it out: ext4 is known to be able': { ...TMPFILE, error: 'EACCES', mode: 'in place', flags: ['--dry-run'], code: 0 },
  'a place that forbids a second name': { ...PROBE, error: 'EPERM', code: 77, says: /does not allow a second name.*EPERM/ },
  'a place without links': { ...PROBE, error: 'EMLINK', code: 74, says: /does not allow a second name.*EMLINK/ },
  'a second name that is refused after all': { ...OLD_LINK, error: 'EPERM', code: 77, says: /does not allow a second name/ },
  'the same, offline: it is not needed': { ...OLD_LINK, error: 'EOPNOTSUPP', flags: ['--offline'], code: 0 },
  'a second name that fails': { ...OLD_LINK, error: 'EIO', code: 74, says: /cannot link/ },
  'a log that became a mount point': { call: 'rename', like: /papyra\.tmp", "[^"]*events\.ndjson"/, error: 'EBUSY', code: 74, says: /is a mount point/ },
  'a log that was moved': { call: 'rename', like: /papyra\.tmp", "[^"]*events\.ndjson"/, error: 'ENOENT', code: 75, says: /was moved while papyra was at work/ },
  'a quota that is used up': { call: 'rename', like: /papyra\.tmp", "[^"]*events\.ndjson"/, error: 'EDQUOT', code: 74, says: /no room to rewrite .*a quota/ },
  'a rename with an error that nobody knows': { call: 'rename', like: /papyra\.tmp", "[^"]*events\.ndjson"/, error: 'EREMOTEIO', code: 74, says: /EREMOTEIO; the log is as it was/ },
  'a lock that was interrupted is asked for again': { call: 'flock', like: /papyra\.lock/, error: 'EINTR', code: 0 },
  'a log that cannot be locked, as on NFS: the lock file is enough': { call: 'flock', like: /events\.ndjson>/, error: 'EBADF', code: 0 },
  'a lock that fails': { call: 'flock', like: /papyra\.lock/, error: 'EIO', code: 74, says: /cannot lock/ },
  'leases that are not to be had: /proc tells who writes': { call: 'fcntl', like: /F_SETLEASE/, error: 'EINVAL', always: true, code: 0 },
  'an attribute that is gone when it is read': { call: 'fgetxattr', like: /events\.ndjson/, error: 'ENODATA', before: setNote, code: 0 },
  'an attribute that cannot be read': { call: 'fgetxattr', like: /events\.ndjson/, error: 'EIO', before: setNote, code: 74 },
  'an attribute that cannot be set': { call: 'fsetxattr', like: /user\.note|#/, error: 'EPERM', before: setNote, code: 77, says: /the attribute user\.note .* cannot be carried over .*EPERM/ },
  'an attribute for which there is no room': { call: 'fsetxattr', like: /user\.note|#/, error: 'ENOSPC', before: setNote, code: 74, says: /the attribute user\.note .* cannot be carried over .*ENOSPC/ },
  'a mode that is not kept': { call: 'fchmod', like: /#\d+/, error: 'EPERM', code: 77, says: /the mode of .* cannot be carried over/ },
  'a disk that removes no ranges': { call: 'fallocate', like: /COLLAPSE/, error: 'EOPNOTSUPP', always: true, mode: 'in place', code: 74, says: /--in-place cannot work on the file system of .*ENOTSUP/ },
  'one that removes none of any size': { call: 'fallocate', like: /COLLAPSE/, error: 'EINVAL', always: true, mode: 'in place', code: 74, says: /--in-place cannot work on the file system of/ },
  'one that fails when it comes to it': { call: 'fallocate', like: /events\.ndjson/, error: 'EIO', mode: 'in place', code: 74, says: /cannot remove the head .* in place: EIO/ },
}; // prettier-ignore

describe('a compaction meets', () => {
  test.each(Object.entries(CASES))('%s', async (_name, { mode, flags = [], code, says, before, ...fault }) => {
    const { log, args, reset, leftovers } = scene(mode);
    const again = (): void => {
      reset();
      before?.(log);
    };
    const path = fault.call === 'fcntl' ? { path: log } : {};
    const run = await withFault({ ...fault, ...path }, [...args, ...flags], again);
    expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code, ...(says && { stderr: expect.stringMatching(says) as string }) });
    expectNothingLost(log, 'after it');
    if (code === 0 && flags[0] !== '--dry-run') expectCompacted(log, 'after it');
    if (code !== 0 && mode === undefined) expect([readFileSync(log, 'utf8'), leftovers()]).toEqual([BEFORE, []]);
    expect((await papyra(args)).code).toBe(0);
    expectCompacted(log, 'after the next run');
    expect(leftovers()).toEqual([]);
  }, 60_000); // prettier-ignore
});

describe('an archive meets', () => {
  test.each<[string, Fault, RegExp | undefined]>([
    ['a volume without hard links', { call: 'link', like: /papyra-archive\.json/, error: 'EPERM' }, undefined],
    ['another run that was first', { call: 'link', like: /papyra-archive\.json/, error: 'EEXIST' }, /should say which directory this is/],
    ['a volume that fails', { call: 'link', like: /papyra-archive\.json/, error: 'EIO' }, /cannot write the archive .*; nothing was dropped/],
  ])('%s', async (_name, fault, says) => {
    const { log, args, reset, archived } = scene('rewrite with archive');
    const { code, stderr } = await withFault(fault, args, reset);
    expect({ code, stderr }).toMatchObject(says ? { code: 74, stderr: expect.stringMatching(says) as string } : { code: 0 });
    expectNothingLost(log, 'after it');
    if (!says) expect(archived()).toBe(BEFORE.slice(0, -KEPT.length));
    expect((await papyra(args)).code).toBe(0);
    expectCompacted(log, 'after the next run');
  }); // prettier-ignore
});

describe('a scan meets a disk that cannot be read', () => {
  const scan = async (again?: number) => {
    const { log, reset } = scene();
    const content = `${BEFORE.slice(0, -KEPT.length)}garbage\n${KEPT.replace('unreadable\n', '').repeat(200)}`;
    const fault = { call: 'pread64', path: log, like: /, 1048576\)/, error: 'EIO', ...(again && { again }) }; // prettier-ignore
    const args = ['persistence', 'scan', '--json', '--path', log];
    const { stdout } = await withFault(fault, args, () => { reset(content); }); // prettier-ignore
    return JSON.parse(stdout) as { bytes: { scanned: number }; anomalies: { by_kind: object; listed: { kind: string; detail: string }[] } }; // prettier-ignore
  };

  test('again and again: what is before that is scanned, and where it begins is said', async () => {
    const { anomalies } = await scan(2);
    expect(anomalies.listed[0]).toMatchObject({ kind: 'CORRUPTED_LINE' });
    expect(anomalies.listed.at(-1)).toMatchObject({ kind: 'PARTIAL_WRITE', detail: expect.stringContaining('EIO') as string }); // prettier-ignore
  });

  test('once: it is scanned again', async () => {
    expect((await scan()).anomalies.by_kind).toMatchObject({ PARTIAL_WRITE: 0 });
  });
});

describe('a recovery of a torn end meets', () => {
  const RECORD = '{"kind": "event", "n": 1, "timestamp": 4000000000.5}\n';
  const recovery = (log: string, ...flags: string[]): string[] => ['persistence', 'recover', '--path', log, '--max-drop', '100%', ...flags]; // prettier-ignore

  test.each<[string, Fault | undefined, string[]]>([
    ['nobody who writes, as the operator says', undefined, ['--offline']],
    ['no leases: the log is rewritten', { call: 'fcntl', like: /F_SETLEASE/, error: 'EINVAL', always: true }, []],
  ])('%s', async (_name, fault, flags) => {
    const directory = join(scene().directory, 'own');
    const log = join(directory, 'events.ndjson');
    const reset = (): void => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { recursive: true });
      writeFileSync(log, `${RECORD.repeat(50)}{"kind": "ev`);
    };
    reset();
    const args = recovery(log, ...flags);
    const { code, stderr } = fault ? await withFault({ ...fault, path: log }, args, reset) : await papyra(args);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(readFileSync(log, 'utf8')).toBe(RECORD.repeat(50));
  }); // prettier-ignore
});

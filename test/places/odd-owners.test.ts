// Logs of one user that another one looks at, locks and groups of others, file systems that do not keep what they are
// told, and disks that take half of a line.
import { execaSync } from 'execa';
import { chmodSync, chownSync, closeSync, constants, fstatSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cloneUnit } from '../../src/files/clone.js';
import { drain } from '../../src/files/drain.js';
import { carryOver } from '../../src/files/metadata.js';
import { disk, fuse, namespace, openDirectory, tmpfs, afterwards } from '../support/mounts.js';
import { isRoot, papyra, PLAIN_USER } from '../support/papyra.js';
import { CONTENT, expectCompacted, expectUntouched, IN_PLACE, makeLog, REWRITE, run, title } from './log.js'; // prettier-ignore
import { asOwner } from './metadata.js';

const other = 61_005;

describe.skipIf(!isRoot)(title('who may not write'), () => {
  test.each([
    ['ext4', REWRITE],
    ['ext4', IN_PLACE],
    ['xfs', REWRITE],
    ['xfs', IN_PLACE],
  ] as const)('on %s, to the log of another user: a dry run of %s shows what its owner would do', async (kind, [, flags]) => {
    const log = makeLog(disk(kind));
    const me = asOwner(log);
    for (const path of [dirname(log), log]) chownSync(path, 0, 0);
    for (const [path, mode] of [[dirname(log), 0o755], [log, 0o644]] as const) chmodSync(path, mode);
    const dry = await run(log, [...flags, '--dry-run'], me);
    expect([dry.code, dry.report.status]).toEqual([0, 'dry_run']);
    expect((await run(log, flags, me)).code).toBe(77);
    expectUntouched(log, CONTENT);
  });

  test.each([
    ['ext4', REWRITE],
    ['ext4', IN_PLACE],
    ['xfs', REWRITE],
  ] as const)('on %s, to the directory of its own log: a dry run of %s works, the run is refused', async (kind, [, flags]) => {
    const log = makeLog(disk(kind));
    const me = asOwner(log);
    chownSync(dirname(log), 0, 0);
    chmodSync(dirname(log), 0o755);
    expect((await run(log, [...flags, '--dry-run'], me)).code).toBe(0);
    expect((await run(log, flags, me)).code).toBe(77);
    expectUntouched(log, CONTENT);
  });
}); // prettier-ignore

describe.skipIf(!isRoot)(title('the group of a log'), () => {
  /** What `config check` says of it. */
  async function checked(log: string, how: Parameters<typeof papyra>[1]): Promise<string> {
    const config = join(dirname(log), 'papyra.config.json');
    writeFileSync(config, JSON.stringify({ persistence: { backend: 'json', path: log } }));
    const { code, stdout, stderr } = await papyra(['--config', config, 'config', 'check'], how);
    rmSync(config);
    return code === 0 ? 'fits' : stdout + stderr;
  }

  test('that is none of its owner’s: the rewrite is refused, unless the directory gives it', async () => {
    const log = makeLog(openDirectory('place'));
    const me = asOwner(log);
    chownSync(log, PLAIN_USER, other);
    const refused = await run(log, [], me);
    expect([refused.code, refused.failure?.message]).toEqual([77, expect.stringContaining(`${PLAIN_USER}:${other}`)]); // prettier-ignore
    expectUntouched(log, CONTENT);
    const told = await papyra(['doctor', '--path', log, '--max-age', '1w'], me);
    expect(told.stdout).toContain(`(${PLAIN_USER}:${other})`);
    expect(await checked(log, me)).toContain(`the group with the id ${other}`);
    chownSync(dirname(log), PLAIN_USER, other);
    chmodSync(dirname(log), 0o2755);
    expect(await checked(log, me)).toBe('fits');
    expectCompacted(log, await run(log, [], me), CONTENT);
  });

  test('that is one of its owner’s is kept, and so it is where root compacts', async () => {
    const log = makeLog(openDirectory('place'));
    const me = asOwner(log);
    chownSync(log, PLAIN_USER, other);
    const words = ['--reuid', String(PLAIN_USER), '--regid', String(PLAIN_USER), '--groups', String(other)]; // prettier-ignore
    const { bin } = me;
    const command = ['setpriv', ...words, process.execPath];
    expect(await checked(log, { bin, command })).toBe('fits');
    expectCompacted(log, await run(log, [], { bin, command }), CONTENT);
  });
});

describe.skipIf(!isRoot)(title('a plain user'), () => {
  test('finds a lock file of root that everybody may open: it is taken as it is', async () => {
    const log = makeLog(openDirectory('place'));
    const me = asOwner(log);
    const lock = join(dirname(log), '.events.ndjson.papyra.lock');
    writeFileSync(lock, '');
    chmodSync(lock, 0o666);
    expectCompacted(log, await run(log, [], me), CONTENT);
  });

  test('resets the metrics of a log that is not there yet', async () => {
    const log = makeLog(openDirectory('place'));
    const me = asOwner(log);
    rmSync(log);
    const config = join(dirname(log), 'papyra.config.json');
    writeFileSync(config, JSON.stringify({ persistence: { backend: 'json', path: log }, metrics: { textfile: '/root/closed/papyra.prom' } })); // prettier-ignore
    const { bin, uid, gid } = me;
    const reset = await papyra(['--config', config, 'metrics', 'reset'], {
      bin,
      uid,
      gid,
    });
    expect([reset.code, reset.stderr]).toEqual([0, '']);
    const doctor = await papyra(['--config', config, 'doctor', '--json'], { bin, uid, gid });
    expect(doctor.stdout).toContain('/root/closed');
  });

  test('who cannot see all processes runs offline, or after a look that says so', async () => {
    const log = makeLog(openDirectory('place'));
    const { bin } = asOwner(log);
    const { within } = await namespace('mount -t proc -o hidepid=2 proc /proc');
    const words = ['--reuid', String(PLAIN_USER), '--regid', String(PLAIN_USER), '--clear-groups'];
    const command = within('setpriv', ...words, process.execPath);
    const told = await papyra(['doctor', '--path', log, '--max-age', '1w'], { bin, command });
    expect(told.stdout).toContain('(not every');
    expectCompacted(log, await run(log, ['--offline'], { bin, command }), CONTENT);
  });
});

describe.skipIf(!isRoot)(title('whether files can share blocks'), () => {
  test.each([
    ['xfs', 4096],
    ['btrfs', 4096],
    ['ext4', undefined],
  ] as const)(
    'is taken from the kind of the file system where none can be made: %s',
    (kind, unit) => {
      const place = disk(kind);
      execaSync('mount', ['-o', 'remount,ro', place]);
      expect(cloneUnit(place, Infinity)).toBe(unit);
    },
  );

  test('is tried out elsewhere: not on tmpfs, nor through FUSE', () => {
    expect(cloneUnit(tmpfs(), 0)).toBeUndefined();
    expect(cloneUnit(fuse('bindfs', openDirectory('source')), 0)).toBeUndefined();
    expect(cloneUnit(disk('btrfs'), 0)).toBeUndefined();
  });
});

describe.skipIf(!isRoot)(title('chattr'), () => {
  test.each(['a', 'i'])('+%s on a log: refused with the way to lift it', async (letter) => {
    const log = makeLog(disk('ext4'));
    execaSync('chattr', [`+${letter}`, log]);
    for (const flags of [[], ['--in-place']]) {
      const { code, failure } = await run(log, flags);
      expect([code, failure?.message]).toEqual([77, expect.stringMatching(new RegExp(`chattr \\+${letter} set|operation not permitted`))]); // prettier-ignore
    }
    execaSync('chattr', [`-${letter}`, log]);
    expectUntouched(log, CONTENT);
  });

  test('+a on its directory: the same', async () => {
    const log = makeLog(disk('ext4'));
    execaSync('chattr', ['+a', dirname(log)]);
    const { code, failure } = await run(log);
    execaSync('chattr', ['-a', dirname(log)]);
    expect([code, failure?.message]).toEqual([77, expect.stringContaining('has chattr +a set')]);
    expectUntouched(log, CONTENT);
  });
});

describe.skipIf(!isRoot)(title('a file system that does not do what it says'), () => {
  test.each([
    ['--chown-ignore', 'owner and group'],
    ['--chmod-ignore', 'mode'],
  ])('bindfs %s: what a file lacks is named, and no log is given up for it', (flag, lacks) => {
    const source = openDirectory('source');
    const paths = ['log', 'next'].map((name) => join(source, name));
    for (const path of paths) writeFileSync(path, '');
    chownSync(paths[0]!, other, other);
    chmodSync(paths[0]!, 0o640);
    const point = fuse('bindfs', source, [flag]);
    const [log, next] = ['log', 'next'].map((name) => {
      const path = join(point, name);
      const fd = openSync(path, 'r+');
      afterwards(() => { closeSync(fd); }); // prettier-ignore
      return { fd, path };
    }) as [{ fd: number; path: string }, { fd: number; path: string }];
    expect(() => carryOver({ ...log, stat: fstatSync(log.fd) }, next)).toThrow(`the ${lacks} of ${log.path} cannot be carried over`); // prettier-ignore
  });
});

describe.skipIf(!isRoot)(title('a disk that takes half of a line'), () => {
  const line = (n: number): string => `{"n": ${n}, "pad": "${'x'.repeat(20_000)}"}\n`;
  const isRecord = (bytes: Buffer): boolean => /^\{"n": \d+, "pad": "x+"\}\n?$/.test(bytes.toString('latin1')); // prettier-ignore

  /** A log on a full tmpfs, which has two pages left, and an old file elsewhere with lines to bring over. */
  function full(rest = '') {
    const place = tmpfs();
    const old = join(openDirectory('old'), 'old');
    writeFileSync(old, rest === '' ? line(1) + line(2) : rest);
    const live = join(place, 'events.ndjson');
    writeFileSync(live, '');
    const filling = join(place, 'filling');
    const { bavail, bsize } = statfsSync(place);
    execaSync('fallocate', ['-l', String((bavail - 2) * bsize), filling]);
    const open = (path: string) => {
      const fd = openSync(path, constants.O_RDWR | constants.O_APPEND);
      afterwards(() => { closeSync(fd); }); // prettier-ignore
      return { fd, path };
    };
    return { filling, old: open(old), live: open(live) };
  }

  const how = { from: 0, link: { path: '', taken: 0, synced: 0 }, offline: true, rested: false, recovering: false }; // prettier-ignore

  test.each([
    ['whole lines', ''],
    ['an unfinished rest', line(3).slice(0, 15_000)],
  ])('and has room again: %s are brought over once, whole', async (_what, rest) => {
    const { filling, old, live } = full(rest);
    // Somebody makes room while the half waits for its end.
    setTimeout(() => { rmSync(filling); }, 300); // prettier-ignore
    const { over } = await drain({ old, live, ...how, isRecord, tick: () => undefined });
    expect(over).toBe(true);
    const lines = readFileSync(live.path, 'utf8').split('\n');
    if (rest === '')
      expect(lines.filter((text) => isRecord(Buffer.from(text)))).toEqual([line(1), line(2)].map((text) => text.trimEnd())); // prettier-ignore
    else expect(lines.filter((text) => text === rest)).toHaveLength(1);
  });

  test('and stays full: an error in words, and the old file has all', async () => {
    const { old, live } = full();
    await expect(drain({ old, live, ...how, isRecord, tick: () => undefined })).rejects.toMatchObject({ message: expect.stringContaining('no space left') as string }); // prettier-ignore
    expect(readFileSync(old.path, 'utf8')).toBe(line(1) + line(2));
  });
});

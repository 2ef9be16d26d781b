import { execaSync } from 'execa';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BARE, isRoot, papyra, PAPYRA, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';

const MB = 1_000_000;
const live = (n: number) => `{"n": ${n}, "timestamp": 4000000000.5, "pad": "${'x'.repeat(150)}"}\n`;
const EXPIRED = `{"timestamp": 1.5, "pad": "${'y'.repeat(170)}"}\n`;

let mounted: string[] = [];

afterEach(() => {
  for (const place of mounted) execaSync('umount', ['--lazy', place], { reject: false });
  mounted = [];
});

if (!isRoot) console.log('NOT RUN: full disks, because only root may mount a file system');

/** A small file system of its own. */
function mount(kind: 'ext4' | 'tmpfs', megabytes: number): string {
  const directory = tempDirectory();
  chmodSync(directory, 0o755);
  const place = join(directory, 'disk');
  mkdirSync(place);
  if (kind === 'tmpfs') {
    execaSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', place]);
  } else {
    const image = join(directory, 'image');
    execaSync('truncate', ['-s', `${megabytes}M`, image]);
    execaSync('mkfs.ext4', ['-q', '-m', '0', image]);
    execaSync('mount', ['-o', 'loop', image, place]);
  }
  mounted.push(place);
  return place;
}

/** A log of so many bytes of expired records, and 1000 that stay. */
function fillLog(place: string, bytes: number, kept: number): { log: string; keep: string } {
  const data = join(place, 'data');
  mkdirSync(data);
  const log = join(data, 'events.ndjson');
  const keep = Array.from({ length: kept }, (_, index) => live(index)).join('');
  writeFileSync(log, EXPIRED.repeat(Math.ceil(bytes / EXPIRED.length)) + keep);
  return { log, keep };
}

/** Writes a file until so much of the file system is left; 0: until nothing goes in any more. */
function fillDisk(place: string, leave: number): void {
  const fd = openSync(join(place, 'ballast'), 'w');
  const chunk = Buffer.alloc(100_000, 'z');
  try {
    for (;;) {
      const { bfree, bsize } = statfsSync(place);
      if (leave > 0 && bfree * bsize < leave) break;
      writeSync(fd, chunk);
    }
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
  } finally {
    closeSync(fd);
  }
  if (leave === 0) {
    expect(() => writeFileSync(join(place, 'one more'), 'byte'.repeat(2000))).toThrow('ENOSPC');
  }
}

const args = (log: string, ...more: string[]) => ['persistence', 'compact', '--path', log, '--max-age', '52w', ...more]; // prettier-ignore

describe.runIf(isRoot)('a disk that is full', () => {
  test('95 %: the rewrite refuses with 74, names both numbers and --in-place, which frees the space', async () => {
    const place = mount('ext4', 64);
    const { log, keep } = fillLog(place, 30 * MB, 50_000);
    fillDisk(place, 3 * MB);
    const before = statSync(log);
    const refused = await papyra(args(log));
    expect(refused.code).toBe(74);
    expect(refused.stderr).toMatch(
      /no room to rewrite .*: that needs \d+ bytes, \d+ are free in .*; the log is as it was/,
    );
    expect(refused.stderr).toContain('--in-place');
    expect(statSync(log)).toMatchObject({
      ino: before.ino,
      size: before.size,
      mtimeMs: before.mtimeMs,
    });
    const free = () => statfsSync(place).bfree * statfsSync(place).bsize;
    const had = free();
    const inPlace = await papyra(args(log, '--in-place'));
    expect({ code: inPlace.code, stderr: inPlace.stderr }).toMatchObject({ code: 0 });
    expect(free() - had).toBeGreaterThan(29 * MB);
    expect(readFileSync(log, 'utf8').endsWith(keep)).toBe(true);
    expect(statSync(log).ino).toBe(before.ino);
  });

  test('100 %, as a plain user: the rewrite refuses with 74, --in-place frees the space', async () => {
    const place = mount('ext4', 64);
    const { log, keep } = fillLog(place, 30 * MB, 1000);
    for (const path of [join(place, 'data'), log]) chownSync(path, PLAIN_USER, PLAIN_USER);
    const as = { bin: publicInstall(), uid: PLAIN_USER, gid: PLAIN_USER };
    fillDisk(place, 0);
    const refused = await papyra(args(log), as);
    expect([refused.code, refused.stderr]).toEqual([74, expect.stringContaining('--in-place')]);
    const inPlace = await papyra(args(log, '--in-place'), as);
    expect({ code: inPlace.code, stderr: inPlace.stderr }).toMatchObject({ code: 0 });
    expect(statSync(log).size).toBeLessThan(keep.length + 20_000);
    expect(readFileSync(log, 'utf8').endsWith(keep)).toBe(true);
    expect(
      readdirSync(join(place, 'data')).filter((name) => /papyra\.(tmp|intent|old)/.test(name)),
    ).toEqual([]);
  });

  test('that fills up while the rewrite works: 74, the log as it was, the temporary file gone', async () => {
    const place = mount('tmpfs', 64);
    const { log } = fillLog(place, 10 * MB, 100_000);
    const before = readFileSync(log);
    const run = papyra(args(log, '--limit-rate', '20MB'));
    const temp = '.events.ndjson.papyra.tmp';
    while (!readdirSync(join(place, 'data')).includes(temp))
      await new Promise((go) => setTimeout(go, 5));
    fillDisk(place, 0);
    const { code, stderr } = await run;
    expect([code, stderr]).toEqual([
      74,
      expect.stringMatching(/no room to rewrite .*the log is as it was/),
    ]);
    expect(readFileSync(log).equals(before)).toBe(true);
    expect(readdirSync(join(place, 'data'))).not.toContain(temp);
  }, 60_000);

  test('an archive that does not fit: 74, nothing is dropped, nothing of it is left', async () => {
    const place = mount('tmpfs', 16);
    const small = mount('tmpfs', 1);
    const data = join(place, 'data');
    mkdirSync(data);
    const log = join(data, 'events.ndjson');
    const noise = Array.from(
      { length: 60_000 },
      () => `{"timestamp": 1.5, "r": "${Math.random()}${Math.random()}"}\n`,
    );
    writeFileSync(log, noise.join('') + live(1));
    const before = readFileSync(log);
    const run = await papyra(args(log, '--archive', small));
    expect([run.code, run.stderr]).toEqual([74, expect.stringContaining('nothing was dropped')]);
    expect(readFileSync(log).equals(before)).toBe(true);
    // It keeps the name by which it is known again.
    expect(readdirSync(small)).toEqual(['.papyra-archive.json']);
  });

  test('--in-place on tmpfs, which cannot: 74 with the reason, nothing is changed', async () => {
    const place = mount('tmpfs', 16);
    const { log } = fillLog(place, MB, 10);
    const before = readFileSync(log);
    const run = await papyra(args(log, '--in-place'));
    expect([run.code, run.stderr]).toEqual([74, expect.stringContaining('ext4 or xfs')]);
    expect(readFileSync(log).equals(before)).toBe(true);
  });

  test('a file size limit, which shows as a short write first: 74, the log as it was, nothing left', async () => {
    const place = mount('ext4', 64);
    const { log } = fillLog(place, 10 * MB, 20_000);
    const before = readFileSync(log);
    const line = `ulimit -f 1000; exec "$0" "$@"`;
    const run = execaSync('bash', ['-c', line, process.execPath, PAPYRA, ...args(log)], {
      env: BARE,
      extendEnv: false,
      reject: false,
    });
    expect([run.exitCode, run.stderr]).toEqual([
      74,
      expect.stringMatching(/file size limit.*the log is as it was/),
    ]);
    expect(readFileSync(log).equals(before)).toBe(true);
    expect(readdirSync(join(place, 'data'))).not.toContain('.events.ndjson.papyra.tmp');
  });

  test('a file system that is read-only: 74 that says so; a dry run works', async () => {
    const place = mount('ext4', 64);
    const { log } = fillLog(place, MB, 10);
    execaSync('mount', ['-o', 'remount,ro', place]);
    const run = await papyra(args(log));
    expect([run.code, run.stderr]).toEqual([74, expect.stringContaining('read-only')]);
    expect((await papyra(args(log, '--dry-run'))).code).toBe(0);
  });

  test('a log that is a mount point of its own: 74 with --in-place as the way out, which works', async () => {
    const place = mount('ext4', 64);
    const { log, keep } = fillLog(place, MB, 10);
    const other = join(tempDirectory(), 'bound.ndjson');
    writeFileSync(other, '');
    execaSync('mount', ['--bind', log, other]);
    mounted.push(other);
    const refused = await papyra(args(other));
    expect([refused.code, refused.stderr]).toEqual([
      74,
      expect.stringMatching(/mount point[^]*--in-place/),
    ]);
    expect((await papyra(args(other, '--in-place'))).code).toBe(0);
    expect(readFileSync(log, 'utf8').endsWith(keep)).toBe(true);
  });

  test('a set that needs more room than there is: what has expired goes, and the run says what it could not do', async () => {
    const place = mount('tmpfs', 16);
    const data = join(place, 'data');
    mkdirSync(data);
    const path = join(data, 'events.log');
    const keep = Array.from({ length: 20_000 }, (_, index) => live(index)).join('');
    writeFileSync(`${path}.2`, EXPIRED.repeat(5000));
    writeFileSync(`${path}.1`, EXPIRED.repeat(100) + keep);
    writeFileSync(path, live(1));
    fillDisk(place, MB);
    const inode = statSync(`${path}.1`).ino;
    const run = await papyra([...args(path), '--backend', 'rotating', '--json', '--offline']);
    expect([run.code, run.stderr]).toEqual([
      74,
      expect.stringMatching(/not done: events\.log\.1.*no room to rewrite.*bytes/),
    ]);
    expect(JSON.parse(run.stdout)).toMatchObject({
      status: 'partial',
      files: { removed: 1, rewritten: 0, unchanged: 2 },
      records: { dropped: 5000, expired_left: 100 },
    });
    expect(readdirSync(data).filter((name) => name.startsWith('events'))).toEqual([
      'events.log',
      'events.log.1',
    ]);
    expect(statSync(`${path}.1`).ino).toBe(inode);
  });
});

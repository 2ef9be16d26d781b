import { execa, execaSync } from 'execa';
import { chmodSync, chownSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { disk } from '../support/mounts.js';
import { BARE, isRoot, PAPYRA, papyra } from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';
import { COMPACT, EXPIRED } from './run.js';

const LIVE = '{"n": 1, "timestamp": 4000000000.5}\n';
const CONTENT = EXPIRED.repeat(10) + LIVE;
const REAL = { env: BARE, extendEnv: false, reject: false } as const;

/** The tool as another program starts it. */
const under = (words: string[], log: string, ...flags: string[]) =>
  execa(words[0]!, [...words.slice(1), process.execPath, PAPYRA, ...COMPACT, '--path', log, ...flags], REAL); // prettier-ignore

const ours = (log: string) =>
  readdirSync(dirname(log)).filter((name) => name.startsWith('.') && name !== '.papyra');

describe.runIf(isRoot)('a machine without /proc', () => {
  test('does not keep a log from being compacted, in each way', async () => {
    for (const flags of [[], ['--in-place'], ['--offline']]) {
      const log = tempLog(EXPIRED.repeat(500) + LIVE);
      const script = 'mount -t tmpfs none /proc && exec "$@"';
      const run = await under(['unshare', '--mount', 'sh', '-c', script, 'sh'], log, ...flags);
      expect([run.exitCode, run.stderr]).toEqual([0, expect.not.stringContaining('error')]);
      expect(readFileSync(log, 'utf8').endsWith(LIVE)).toBe(true);
    }
  });
});

describe('names that are not UTF-8', () => {
  test('are refused by name, escaped: of the log, of its directory, and of what a link leads to', async () => {
    const directory = tempDirectory();
    const script = `cd "$1" && printf '%s' "$2" > "$(printf 'odd\\377.ndjson')" && mkdir "$(printf 'dir\\377')" && printf '%s' "$2" > "$(printf 'dir\\377/log')" && ln -s "$(printf 'odd\\377.ndjson')" link && shift 2 && for path in "$(printf 'odd\\377.ndjson')" "$(printf 'dir\\377/log')" link; do "$@" --path "$path"; echo $?; done`;
    const words = ['-c', script, 'sh', directory, CONTENT, process.execPath, PAPYRA, ...COMPACT];
    const { stdout, stderr } = await execa('sh', words, REAL);
    expect(stdout.split('\n')).toEqual(['66', '66', '66']);
    expect(stderr.match(/has bytes that are not UTF-8/g)).toHaveLength(3);
    expect(stderr).toContain('odd\\x??.ndjson');
    expect(stderr).not.toContain('\uFFFD');
  });
});

describe.runIf(isRoot)('root without all of its rights', () => {
  test('that may give files to nobody: 77, and nothing is left that locks the owner of the log out', async () => {
    const log = tempLog(CONTENT);
    chownSync(log, 1234, 1234);
    const run = await under(['setpriv', '--bounding-set', '-chown'], log);
    expect([run.exitCode, run.stderr]).toEqual([77, expect.stringContaining('operation not permitted')]); // prettier-ignore
    expect(readdirSync(dirname(log))).toEqual(['events.ndjson']);
    expect(readFileSync(log, 'utf8')).toBe(CONTENT);
  });

  test('in a user namespace that does not know the owner of the log: 77 that says so', async () => {
    const log = tempLog(CONTENT);
    chmodSync(dirname(log), 0o777);
    chownSync(log, 1234, 1234);
    chmodSync(log, 0o666);
    const run = await under(['unshare', '--user', '--map-root-user'], log);
    expect([run.exitCode, run.stderr]).toEqual([77, expect.stringContaining('has no id in this user namespace')]); // prettier-ignore
    expect(ours(log)).toEqual([]);
    expect(readFileSync(log, 'utf8')).toBe(CONTENT);
  });

  test('an unlink that is not allowed is 77, not a missing file', async () => {
    const log = tempLog(CONTENT);
    writeFileSync(join(dirname(log), '.events.ndjson.papyra.tmp'), 'left');
    execaSync('chattr', ['+i', join(dirname(log), '.events.ndjson.papyra.tmp')]);
    try {
      const run = await papyra([...COMPACT, '--path', log]);
      expect([run.code, run.stderr]).toEqual([77, expect.stringContaining('chattr')]);
    } finally {
      execaSync('chattr', ['-i', join(dirname(log), '.events.ndjson.papyra.tmp')]);
    }
    expect(readFileSync(log, 'utf8')).toBe(CONTENT);
  });
});

describe.runIf(isRoot)('a clock that was set back', () => {
  test('does not keep an old file for ever: its time becomes that of now, and it rests from then on', async () => {
    const place = disk('ext4', ['-b', '4096']);
    const data = join(place, 'data');
    mkdirSync(data);
    const [log, other] = [join(data, 'events.ndjson'), join(data, 'other')];
    const old = join(data, '.events.ndjson.papyra.old.0.0');
    for (const path of [log, other]) writeFileSync(path, LIVE);
    for (const path of [log, other]) chownSync(path, 1234, 1234);
    linkSync(other, old);
    // Its inode is changed behind the kernel's back: no call sets a change time.
    const loop = execaSync('findmnt', ['-no', 'SOURCE', place]).stdout;
    const image = execaSync('losetup', ['-nO', 'BACK-FILE', loop]).stdout.trim();
    execaSync('umount', [place]);
    execaSync('debugfs', ['-w', '-R', `set_inode_field /data/other ctime 20400101000000`, image]);
    execaSync('mount', ['-o', 'loop', image, place]);
    expect(statSync(old).ctime.getFullYear()).toBe(2040);
    const words = ['unshare', '--fork', '--pid', '--mount-proc', 'setpriv', '--bounding-set', '-lease']; // prettier-ignore
    const run = await under(words, log);
    expect([run.exitCode, run.stderr]).toEqual([75, expect.stringContaining('run again in a minute')]); // prettier-ignore
    const kept = readdirSync(data).filter((name) => name.includes('.papyra.old.'));
    expect(kept).toHaveLength(1);
    expect(Math.abs(statSync(join(data, kept[0]!)).ctimeMs - Date.now())).toBeLessThan(60_000);
  });
});

describe('a signal to the whole group', () => {
  test('stops a run as one to itself does: it has no children that die of it', async () => {
    const log = tempLog(EXPIRED.repeat(50_000) + LIVE.repeat(50_000));
    const before = statSync(log);
    const child = execa(process.execPath, [PAPYRA, ...COMPACT, '--path', log, '--limit-rate', '1MB'], { ...REAL, detached: true }); // prettier-ignore
    while (ours(log).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    process.kill(-child.pid!, 'SIGTERM');
    expect((await child).exitCode).toBe(143);
    expect(statSync(log)).toMatchObject({ ino: before.ino, size: before.size });
    expect(ours(log)).toEqual(['.events.ndjson.papyra.lock']);
  });
});

import { execaSync } from 'execa';
import {
  closeSync,
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeConfig } from '../support/config.js';
import { compact, isRoot, papyra, PAPYRA, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { peakMemory } from '../support/peak-memory.js';
import { doctor } from '../support/doctor.js';
import { records } from '../support/records.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const lines = (count: number) =>
  [...records({ seed: 5, count, start: 1_790_000_000, step: 60 })].map((record) => `${record}\n`);

const LIMIT_MIB = 64;

describe('a hostile log', () => {
  test('100 MB in one line are a record like any other, within 64 MiB over Node', () => {
    const log = tempLog('');
    const fd = openSync(log, 'w');
    const [first, last] = lines(2);
    writeSync(fd, first!);
    const piece = Buffer.alloc(1 << 20, 'x');
    writeSync(fd, '{"pad": "');
    for (let mib = 0; mib < 100; mib++) writeSync(fd, piece);
    writeSync(fd, `", "timestamp": 1790000030.5}\n${last!}`);
    closeSync(fd);

    const node = peakMemory(['-e', '0']).mib;
    const args = [PAPYRA, 'persistence', 'compact', '--json', '--path', log, '--max-records'];
    const kept = peakMemory([...args, '2']);
    expect(kept.code).toBe(0);
    expect(kept.mib - node).toBeLessThan(LIMIT_MIB);
    expect(statSync(log).size).toBeGreaterThan(100 << 20);
    const dropped = peakMemory([...args, '1']);
    expect(dropped.mib - node).toBeLessThan(LIMIT_MIB);
    expect(JSON.parse(dropped.stdout)).toMatchObject({ records: { scanned: 2, dropped: 1 } });
    expect(readFileSync(log, 'utf8')).toBe(last);
  });

  test('300 MB, every other line expired, compact within 64 MiB over Node', () => {
    const log = tempLog('');
    const fd = openSync(log, 'w');
    const old = '{"kind": "event", "timestamp": 1.5}\n';
    const live = `{"kind": "event", "timestamp": ${Math.floor(Date.now() / 1000)}.25}\n`;
    const batch = (old + live).repeat(20_000);
    const batches = Math.ceil(3e8 / batch.length);
    for (let index = 0; index < batches; index++) writeSync(fd, batch);
    closeSync(fd);
    const node = peakMemory(['-e', '0']).mib;
    const args = [PAPYRA, 'persistence', 'compact', '--json', '--path', log, '--max-age', '1d'];
    const run = peakMemory(args);
    expect(run.code).toBe(0);
    expect(run.mib - node).toBeLessThan(LIMIT_MIB);
    expect(JSON.parse(run.stdout)).toMatchObject({ records: { kept: batches * 20_000 } });
    expect(statSync(log).size).toBe(batches * 20_000 * live.length);
  }, 120_000);

  test('binary garbage stays, byte for byte, and the records in it are kept or dropped', async () => {
    const random = new Random(testSeed('garbage'));
    const garbage = Buffer.from(Array.from({ length: 50_000 }, () => random.below(256)));
    const [first, last] = lines(2);
    const log = tempLog(
      Buffer.concat([Buffer.from(first!), garbage, Buffer.from('\n'), Buffer.from(last!)]),
    );
    const { code, report } = await compact(['--path', log, '--max-records', '1']);
    expect(code).toBe(0);
    expect(report.records).toMatchObject({ scanned: 2, dropped: 1 });
    const noBlanks = garbage
      .toString('latin1')
      .split('\n')
      .filter((line) => /[^ \t\r]/.test(line))
      .join('\n');
    expect(readFileSync(log, 'latin1')).toBe(
      `${noBlanks}\n${Buffer.from(last!).toString('latin1')}`,
    );
  });

  test('an empty file: nothing to do', async () => {
    const log = tempLog('');
    const { code, report } = await compact(['--path', log, '--max-records', '1']);
    expect(code).toBe(0);
    expect(report).toMatchObject({ status: 'nothing_to_do', records: { scanned: 0 } });
  });

  test('a directory, a pipe or a device in its place: 66, at once', async () => {
    const directory = tempDirectory();
    execaSync('mkfifo', [join(directory, 'pipe')]);
    for (const place of [directory, join(directory, 'pipe'), '/dev/null']) {
      const run = await papyra(['persistence', 'compact', '--path', place, '--max-records', '1']);
      expect([run.code, run.stderr]).toEqual([66, expect.stringContaining(`no log at ${place}`)]);
    }
  });

  test('a symbolic link: the target is compacted, the link stays, companions sit beside the target', async () => {
    const target = tempLog(lines(9).join(''));
    const link = join(tempDirectory(), 'link.ndjson');
    symlinkSync(target, link);
    const { code, report } = await compact(['--path', link, '--max-records', '2']);
    expect(code).toBe(0);
    expect(report.target).toBe(target);
    expect(readlinkSync(link)).toBe(target);
    expect(readFileSync(target, 'utf8')).toBe(lines(9).slice(-2).join(''));
    expect(statSync(join(dirname(target), '.papyra')).isDirectory()).toBe(true);
    expect(lstatSync(join(dirname(link)), { throwIfNoEntry: false })?.isDirectory()).toBe(true);
  });

  test('a configured link whose target has no directory is 66, as its files sit beside the target', async () => {
    const directory = tempDirectory();
    symlinkSync('volume/events.ndjson', join(directory, 'second'));
    symlinkSync('second', join(directory, 'link'));
    const persistence = { backend: 'json', path: 'link', retention: { max_records: 1 } };
    const config = writeConfig(join(directory, 'papyra.json'), { persistence });
    const args = ['--config', config, '--quiet'];
    const command = ['persistence', 'compact'];
    for (const what of [command, ['config', 'check'], ['doctor']]) {
      const run = await papyra([...args, ...what]);
      expect(run).toMatchObject({ code: 66, stdout: '' });
      expect(run.stderr).toContain(`cannot open the directory of the log ${directory}/volume, to which ${directory}/link leads`); // prettier-ignore
    }
    mkdirSync(join(directory, 'volume'));
    expect((await papyra([...args, ...command])).code).toBe(0);
    expect(readdirSync(join(directory, 'volume'))).toEqual(['.papyra']);
    expect(readdirSync(directory)).not.toContain('.papyra');
  });

  test('a dangling link and a loop of links are 66 and 74, with the path named', async () => {
    const directory = tempDirectory();
    symlinkSync('nowhere', join(directory, 'dangling'));
    symlinkSync('loop', join(directory, 'loop'));
    const dangling = await papyra([
      'persistence',
      'compact',
      '--path',
      join(directory, 'dangling'),
    ]);
    expect(dangling.code).toBe(66);
    const loop = await papyra(['persistence', 'compact', '--path', join(directory, 'loop')]);
    expect(loop.code).toBe(74);
    expect(loop.stderr).toContain(join(directory, 'loop'));
  });

  test('escape codes inside a bad line, or in the name of the log, never reach the terminal', async () => {
    const name = 'ev\u001b[31mil.ndjson';
    const log = tempLog(`\u001b]0;owned\u0007\n${lines(3).join('')}`, name);
    const run = await papyra(['persistence', 'compact', '--path', log, '--max-records', '1']);
    expect(run.code).toBe(0);
    expect(run.stdout + run.stderr).not.toContain('\u001b');
    expect(run.stdout).toContain('ev\\x1b[31mil.ndjson');
    const refused = await papyra(['persistence', 'compact', '--path', log, '--max-age', '1s']);
    expect(refused.stderr).not.toContain('\u001b');
  });

  test('nor with --json: what is not ASCII and steers a terminal is escaped, and it stays JSON', async () => {
    const name = 'e\u009b31m\u007f\u202egol\u2066\u061c.ndjson';
    const log = tempLog(lines(3).join(''), name);
    // eslint-disable-next-line no-control-regex
    const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u202a-\u202e\u2066-\u2069]/;
    const run = await compact(['--path', log, '--max-records', '1']);
    expect(run.report.target).toBe(log);
    expect(run.stdout).toContain('e\\u009b31m\\u007f\\u202egol\\u2066\\u061c.ndjson');
    const failed = await papyra(['persistence', 'compact', '--json', '--path', `${log}x`]);
    const document = failed.stderr.trimEnd().split('\n').at(-1)!;
    expect((JSON.parse(document) as { message: string }).message).toContain(`${log}x`);
    for (const text of [run.stdout, run.stderr, failed.stderr]) expect(text).not.toMatch(steering);
  });

  test.runIf(isRoot)('no permission: 77 for a plain user, nothing lost, nothing left', async () => {
    const bin = publicInstall();
    const as = { bin, uid: PLAIN_USER, gid: PLAIN_USER };
    const log = tempLog(lines(9).join(''));
    chmodSync(log, 0o600);
    chmodSync(dirname(log), 0o755);
    const args = ['persistence', 'compact', '--path', log, '--max-records', '2'];
    const unreadable = await papyra(args, as);
    expect([unreadable.code, unreadable.stderr]).toEqual([77, expect.stringContaining(log)]);

    chmodSync(log, 0o644);
    const unwritable = await papyra(args, as);
    expect([unwritable.code, unwritable.stderr]).toEqual([
      77,
      expect.stringContaining('belongs to the user with the id 0'),
    ]);
    expect(readFileSync(log, 'utf8')).toBe(lines(9).join(''));

    // A folder that is writable, and a log of another user: its owner could not be kept.
    chmodSync(dirname(log), 0o777);
    const foreign = await papyra(args, as);
    expect([foreign.code, foreign.stderr]).toEqual([77, expect.stringContaining('belongs to')]);
    expect(readFileSync(log, 'utf8')).toBe(lines(9).join(''));

    chownSync(log, PLAIN_USER, PLAIN_USER);
    const own = await papyra(args, as);
    expect({ code: own.code, stderr: own.stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.runIf(isRoot)("root's run does not lock the log's own user out", async () => {
    const bin = publicInstall();
    const log = tempLog(lines(9).join(''));
    for (const path of [dirname(log), log]) chownSync(path, PLAIN_USER, PLAIN_USER);
    expect(
      (await papyra(['persistence', 'compact', '--path', log, '--max-records', '5'])).code,
    ).toBe(0);
    const as = { bin, uid: PLAIN_USER, gid: PLAIN_USER };
    const own = await papyra(['persistence', 'compact', '--path', log, '--max-records', '2'], as);
    expect({ code: own.code, stderr: own.stderr }).toEqual({ code: 0, stderr: '' });
    const metrics = await papyra(['metrics', 'persistence', '--json', '--path', log], as);
    expect(JSON.parse(metrics.stdout)).toMatchObject({ compactions_run: 2 });
  });

  test('a planted link in the place of a temporary file is not followed', async () => {
    const log = tempLog(lines(9).join(''));
    const victim = tempLog('precious', 'victim');
    symlinkSync(victim, join(dirname(log), '.events.ndjson.papyra.tmp'));
    mkdirSync(join(dirname(log), '.papyra'));
    symlinkSync(victim, join(dirname(log), '.papyra/events.ndjson.metrics.json'));
    const { code, report } = await compact(['--path', log, '--max-records', '2']);
    expect(code).toBe(0);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(report.warnings.join()).toContain('set aside');
    const lock = tempLog(lines(9).join(''));
    symlinkSync(victim, join(dirname(lock), '.events.ndjson.papyra.lock'));
    const refused = await papyra(['persistence', 'compact', '--path', lock, '--max-records', '2']);
    expect(refused.code).toBe(74);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  test.each([
    ['link', (path: string) => symlinkSync('/etc/passwd', path)],
    ['link to nowhere', (path: string) => symlinkSync('nowhere', path)],
    ['directory', (path: string) => mkdirSync(path)],
    ['pipe', (path: string) => execaSync('mkfifo', [path])],
  ])(
    'a %s in the place of the lock: 74, and doctor says so among its other checks',
    async (_what, put) => {
      const log = tempLog(lines(9).join(''));
      const lock = join(dirname(log), '.events.ndjson.papyra.lock');
      put(lock);
      const config = writeConfig(
        join(dirname(log), 'papyra.yaml'),
        `persistence: {backend: json, path: events.ndjson, retention: {max_records: 2}}`,
      );
      for (const command of [
        ['persistence', 'compact'],
        ['config', 'check'],
      ]) {
        const run = await papyra([...command, '--config', config]);
        expect(run).toMatchObject({ code: 74, stdout: '' });
        expect(run.stderr).toContain(
          `the lock ${lock} is not a regular file\n  look at it with ls -ld ${lock}`,
        );
      }
      expect(readFileSync(log, 'utf8')).toBe(lines(9).join(''));
      const { code, found, say, report } = await doctor(['--config', config]);
      expect([code, found['lock']]).toEqual([1, 'fail']);
      expect(say('lock')).toBe(
        `${lock} is not a regular file, and no run can lock it $ ls -ld ${lock}`,
      );
      expect(report.checks.length).toBeGreaterThan(10);
    },
  );
});

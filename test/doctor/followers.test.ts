import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { followerOf } from '../../src/doctor/known-followers.js';
import type { Reader } from '../../src/files/followers.js';
import { doctor, healthyLog, type Place } from '../support/doctor.js';
import { papyra } from '../support/papyra.js';

const NONE = /^no process that can be seen follows the log( \(.*\))? \$ $/;

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

let place: Place;

beforeEach(async () => {
  place = await healthyLog();
});

/** Starts a program that stays, and waits until it has printed something. */
async function stays(program: string, args: string[], options: SpawnOptions = {}): Promise<number> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], ...options });
  children.push(child);
  await once(child.stdout!, 'data');
  return child.pid!;
}

/** A program under another name: the kernel calls its process so. */
function named(name: string, program: string): string {
  const bin = join(place.directory, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(program, join(bin, name));
  return join(bin, name);
}

/** A program of this name that does something with a path, and then stays. */
async function does(what: string, name: string, path: string): Promise<number> {
  const script = `${what}; console.log("ready"); setInterval(() => {}, 1e6)`;
  return stays(named(name, process.execPath), ['-e', script, path]);
}

/** A program of this name that watches a file or a directory, and has nothing open. */
const watches = (name: string, path: string) =>
  does('fs.watch(process.argv[1], () => {})', name, path);

const tail = (flag: string, file: string) => stays('tail', ['-n', '1', flag, file]);

async function look() {
  const { code, found, say } = await doctor(place.args);
  expect(code).toBe(0);
  return { found, words: say('followers') };
}

describe('a follower of the log is named', () => {
  test.each([
    ['-F', 'it prints what was kept once more after a run'],
    ['--follow=name', 'it prints what was kept once more after a run'],
    ['-f', 'it stays with the old file after a run, where tail -F goes on with the new one'],
    ['--follow', 'it stays with the old file after a run, where tail -F goes on with the new one'],
  ])('tail %s', async (flag, remedy) => {
    const pid = await tail(flag, place.log);
    const { found, words } = await look();
    expect(found).toEqual({ followers: 'warn' });
    expect(words).toContain(`pid ${pid} (tail -n 1 ${flag} `);
    expect(words).toContain(
      ` reads the log: ${remedy}; see papyra-scheduling(7) $ man papyra-scheduling`,
    );
  });

  test.each([
    ['filebeat', 'file_identity.fingerprint'],
    ['fluent-bit', 'do not let it be down for two runs'],
    ['vector', 'let fingerprint.strategy be checksum'],
    ['otelcol-contrib', 'reads what was kept a second time'],
  ])('%s, which has it open', async (name, remedy) => {
    const pid = await stays(named(name, '/usr/bin/tail'), ['-n', '1', '-f', place.log]);
    const { found, words } = await look();
    expect(found).toEqual({ followers: 'warn' });
    expect(words).toMatch(new RegExp(`^pid ${pid} \\(.*${name} -n 1.* reads the log: .*${remedy}`));
  });

  test('one that watches the log', async () => {
    const pid = await watches('vector', place.log);
    const { found, words } = await look();
    expect(found).toEqual({ followers: 'warn' });
    expect(words).toMatch(new RegExp(`^pid ${pid} .* watches the log: `));
  });

  test('one that watches its directory', async () => {
    const pid = await watches('filebeat', dirname(place.log));
    const { found, words } = await look();
    expect(found).toEqual({ followers: 'warn' });
    expect(words).toMatch(new RegExp(`^pid ${pid} .* watches the directory of the log: `));
  });

  test('a script that an interpreter runs', async () => {
    const script = join(place.directory, 'fluentd');
    writeFileSync(
      script,
      'fs = require("fs"); fs.openSync(process.argv[2]); console.log(1); setInterval(() => {}, 1e6)',
    );
    const pid = await stays(named('ruby', process.execPath), [script, place.log]);
    const { words } = await look();
    expect(words).toMatch(new RegExp(`^pid ${pid} .* do not let it be down for two runs; see`));
  });

  test('several: each program with its remedy', async () => {
    await tail('-F', place.log);
    await tail('-F', place.log);
    await watches('vector', dirname(place.log));
    const { found, words } = await look();
    expect(found).toEqual({ followers: 'warn' });
    expect(words).toMatch(/^pid \d+ \(tail .*\) and 1 other read the log: .*; pid \d+ \(.*vector/);
  });

  test('of any file of a set', async () => {
    writeFileSync(`${place.log}.1`, '{"timestamp": 4000000000}\n');
    await tail('-F', `${place.log}.1`);
    expect((await look()).words).toMatch(NONE);
    place.configure({ persistence: { backend: 'rotating', max_files: 4, max_bytes: 1_000_000 } });
    expect((await doctor(place.args)).found).toMatchObject({ followers: 'warn' });
  });

  test('and what it calls itself cannot steer the terminal', async () => {
    await stays('tail', ['-n', '1', '-F', place.log], { argv0: 'ta\u001b[31mil\n' });
    const { stdout } = await papyra(['doctor', ...place.args]);
    expect(stdout).toContain('(ta\\x1b[31mil\\n');
    expect(stdout).not.toContain('\u001b');
  });
});

describe('no follower of the log is', () => {
  test('any other program that reads it, though it is mentioned', async () => {
    const fd = openSync(place.log, 'r');
    const stdio = [fd, 'pipe', 'ignore'] as const;
    const pid = await stays('bash', ['-c', 'echo; exec sleep 60'], { stdio: [...stdio] });
    closeSync(fd);
    const { found, words } = await look();
    expect(found).toEqual({});
    expect(words).toMatch(new RegExp(`^pid ${pid} \\(.*\\) reads the log: no known log shipper`));
  });

  test('one that watches it, though it is mentioned', async () => {
    const pid = await watches('editor', place.log);
    const { found, words } = await look();
    expect(found).toEqual({});
    expect(words).toMatch(new RegExp(`^pid ${pid} .* watches the log: no known log shipper`));
  });

  test('one that watches its directory, and is not known', async () => {
    await watches('editor', dirname(place.log));
    const { found, words } = await look();
    expect(found).toEqual({});
    expect(words).toMatch(NONE);
  });

  test('tail of another file beside it', async () => {
    const other = join(dirname(place.log), 'other');
    writeFileSync(other, 'x\n');
    await tail('-F', other);
    const { found, words } = await look();
    expect(found).toEqual({});
    expect(words).toMatch(NONE);
  });

  test('one that writes to it', async () => {
    await does('fs.openSync(process.argv[1], "a")', 'filebeat', place.log);
    const { found, words } = await look();
    expect(found).toEqual({ writers: 'warn' });
    expect(words).toMatch(NONE);
  });
});

describe('a program is known', () => {
  const reader = (name: string, line: string, sees: Reader['sees'] = 'file') => ({
    ...{ pid: 1, name, words: line.split(' '), command: line, sees },
  });

  test.each([
    ['java', 'java -Xmx1g -cp x.jar org.logstash.Logstash --path.settings /etc/logstash'],
    ['ruby', '/opt/fluent/bin/ruby -Eascii-8bit:ascii-8bit /opt/fluent/bin/fluentd --log x'],
    ['rsyslogd', '/usr/sbin/rsyslogd -n -iNONE'],
    ['splunkd', 'splunkd -p 8089 start'],
    ['alloy', '/bin/alloy run /etc/alloy/config.alloy'],
    ['tail', 'tail -n0F /var/log/x'],
    ['tail', 'tail -5f /var/log/x'],
  ])('%s is known by its name and its arguments', (name, line) => {
    expect(followerOf(reader(name, line))).toBeDefined();
  });

  test.each([
    ['java', 'java -jar filebeat.jar'],
    ['cat', 'cat filebeat'],
    ['tail', 'tail -n 5 /var/log/x'],
    ['vectorize', 'vectorize'],
  ])('and not by %s', (name, line) => {
    expect(followerOf(reader(name, line))).toBeUndefined();
  });
});

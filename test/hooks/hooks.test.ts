import { execa, execaSync } from 'execa';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { MetricsReport } from '../../src/index.js';
import { Hooks } from '../../src/hooks/hooks.js';
import { blankReport } from '../../src/report/report.js';
import { writeConfig } from '../support/config.js';
import { BARE, compact, isRoot, papyra, PAPYRA, PLAIN_USER, publicInstall, ROOT } from '../support/papyra.js'; // prettier-ignore
import { doctor } from '../support/doctor.js';
import { tempDirectory } from '../support/temp.js';

if (!isRoot) console.log('NOT RUN: hooks of other users, because only root may make them');

const RECORDS = Array.from({ length: 9 }, (_, index) => `{"timestamp": ${index}.5}\n`);

type Moment = 'before_compact' | 'after_compact' | 'on_error';

/** A log of 9 records, a configuration that keeps 3 of them, and shell scripts as its hooks. */
function scene(scripts: Partial<Record<Moment, string>>, keep = 3) {
  const directory = tempDirectory();
  const log = join(directory, 'events.ndjson');
  const config = join(directory, 'papyra.config.json');
  writeFileSync(log, RECORDS.join(''));
  const hooks = Object.entries(scripts).map(([moment, script]) => {
    const file = join(directory, `${moment}.sh`);
    writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return [moment, [`./${moment}.sh`, 'an argument', '$HOME; exit 9']] as const;
  });
  const write = (commands: Record<string, readonly string[]>, persistence: object = {}) => {
    const retention = { max_records: keep };
    const store = { backend: 'json', path: 'events.ndjson', retention, ...persistence };
    writeConfig(config, { persistence: store, hooks: commands });
  };
  write(Object.fromEntries(hooks));
  const read = (name: string) => readFileSync(join(directory, name), 'utf8');
  return { directory, log, config, write, read, lines: () => read('events.ndjson').split('\n').length - 1 }; // prettier-ignore
}

const run = (config: string, ...args: string[]) => compact(['--config', config, ...args]);

/** Whether a process runs: one that has ended and was not waited for does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

/** Starts a compaction, stops it with a signal as soon as a hook has written `file`, and gives its end. */
async function stopOnce(file: string, config: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') {
  const child = execa(process.execPath, [PAPYRA, '--config', config, 'persistence', 'compact', '--json'], { env: BARE, extendEnv: false, reject: false, cwd: '/' }); // prettier-ignore
  await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
  child.kill(signal);
  return child;
}

/** What the metrics say. */
async function known(config: string): Promise<MetricsReport> {
  const { stdout } = await papyra(['metrics', 'persistence', '--json', '--config', config]);
  return JSON.parse(stdout) as MetricsReport;
}

describe('hooks of a compaction', () => {
  test('read the plan, then the report, in the directory of the configuration, around the change', async () => {
    const { config, directory, read, lines } = scene({
      before_compact: 'cat > plan; pwd > where; echo "$PAPYRA_HOOK:$1:$2" > called; cp events.ndjson seen; flock -n .events.ndjson.papyra.lock true || echo held > lock; echo noise',
      after_compact: 'cat > report; cp events.ndjson left; flock -n .events.ndjson.papyra.lock true && echo free > lock2; echo noise >&2',
      on_error: 'cat > error',
    }); // prettier-ignore
    const { code, stderr, stdout, report } = await run(config);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('noise');
    const plan = JSON.parse(read('plan')) as object;
    expect(plan).toMatchObject({ schema: 'papyra.compaction/v1', status: 'dry_run', records: { dropped: 6 } }); // prettier-ignore
    expect(JSON.parse(read('report'))).toEqual(report);
    expect(report).toMatchObject({ status: 'compacted', records: { dropped: 6 } });
    expect(read('where')).toBe(`${directory}\n`);
    expect(read('called')).toBe('before_compact:an argument:$HOME; exit 9\n');
    expect([read('seen'), read('left')]).toEqual([RECORDS.join(''), RECORDS.slice(6).join('')]);
    expect([read('lock'), read('lock2')]).toEqual(['held\n', 'free\n']);
    expect(readdirSync(directory)).not.toContain('error');
    expect(lines()).toBe(3);
  });

  test('before_compact vetoes: 75, its words, nothing changed, lock free, on_error told', async () => {
    const { config, directory, read, lines } = scene({
      before_compact: 'printf "backup\\033[31m is running\\nuntil six\\n" >&2; exit 3',
      on_error: 'cat > error; echo "$PAPYRA_HOOK" > called',
    });
    const { code, stdout, stderr } = await run(config);
    expect([code, stdout, lines()]).toEqual([75, '', 9]);
    expect(stderr).toContain('the before_compact hook ./before_compact.sh vetoed the run (exit status 3): backup\\x1b[31m is running | until six\n'); // prettier-ignore
    const document: unknown = JSON.parse(stderr.split('\n').at(-2)!);
    expect(document).toMatchObject({ schema: 'papyra.error/v1', code: 'try_again', exit_code: 75 });
    expect(JSON.parse(read('error'))).toEqual(document);
    expect(read('called')).toBe('on_error\n');
    writeFileSync(join(directory, 'before_compact.sh'), '#!/bin/sh\nexit 0\n');
    expect((await run(config)).code).toBe(0);
    expect(lines()).toBe(3);
  });

  test.each([
    ['is not there', './none.sh', /the before_compact hook \.\/none\.sh was not found[^]*relative ones start at/],
    ['is nowhere on the PATH', 'no-such-program', /no-such-program was not found[^]*PATH/],
    ['is not executable', './plain.sh', /plain\.sh cannot be executed[^]*chmod \+x/],
    ['is a directory', './folder', /folder cannot be executed[^]*folder is a directory: name the program in it/],
    ['is the directory of the configuration', './', /\.\/ cannot be executed[^]* is a directory: name the program in it/],
    ['has an interpreter that is not there', './odd.sh', /odd\.sh cannot be started: .*ENOENT/],
  ])('a before_compact that %s: 78, nothing changed', async (_what, name, message) => {
    const { config, directory, write, lines } = scene({});
    writeFileSync(join(directory, 'plain.sh'), '#!/bin/sh\n', { mode: 0o644 });
    writeFileSync(join(directory, 'odd.sh'), '#!/no/such/interpreter\n', { mode: 0o755 });
    mkdirSync(join(directory, 'folder'));
    write({ before_compact: [name, 'hunter2'] });
    const { code, stderr } = await run(config);
    expect([code, lines()]).toEqual([78, 9]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter2');
  }); // prettier-ignore

  test('an after_compact or on_error that fails is a warning, and the exit code is that of the run', async () => {
    const good = scene({ after_compact: 'echo no luck; exit 1' });
    const done = await run(good.config);
    expect([done.code, good.lines()]).toEqual([0, 3]);
    const warning = 'the after_compact hook ./after_compact.sh failed (exit status 1): no luck';
    expect(done.stderr).toBe(`papyra: warning: ${warning}\n`);
    expect(done.report.warnings).toEqual([warning]);
    good.write({ after_compact: ['./none.sh'] });
    writeFileSync(good.log, RECORDS.join(''));
    const missing = await run(good.config);
    expect([missing.code, missing.stderr]).toEqual([0, expect.stringContaining('./none.sh was not found')]); // prettier-ignore

    const bad = scene({ on_error: 'kill -9 $$' });
    chmodSync(bad.log, 0o600);
    writeFileSync(bad.log, 'not JSON\n');
    const failed = await run(bad.config, '--unreadable', 'fail');
    expect(failed.code).toBe(65);
    expect(failed.stderr).toMatch(/warning: the on_error hook \.\/on_error\.sh failed \(ended by SIGKILL\)\npapyra: error: /); // prettier-ignore
  });

  test('the failure of one that comes after is remembered until it runs well: metrics and doctor tell', async () => {
    const { config, directory, log } = scene({ after_compact: 'echo no room >&2; exit 1', on_error: 'exit 0' }); // prettier-ignore
    const quiet = () => papyra(['persistence', 'compact', '--quiet', '--config', config]);
    const again = () => writeFileSync(log, RECORDS.join(''));
    expect((await quiet()).code).toBe(0);
    const message = 'the after_compact hook ./after_compact.sh failed (exit status 1): no room';
    const first = await known(config);
    expect(first).toMatchObject({
      compactions_run: 1,
      compaction_errors: 0,
      last_run: { status: 'compacted', error: null },
      last_hook_failure: { hook: 'after_compact', message },
    });
    const text = await papyra(['metrics', 'persistence', '--config', config]);
    expect(text.stdout).toContain(
      `hook failure     ${first.last_hook_failure!.at} (the after_compact`,
    );
    const ill = await doctor(['--config', config]);
    expect(ill.found['hooks']).toBe('warn');
    expect(ill.say('hooks')).toMatch(/^\d+ seconds? ago the after_compact hook .*: no room; it has not run well since \$ papyra --config \S+ metrics persistence$/); // prettier-ignore

    expect((await quiet()).code).toBe(0);
    writeFileSync(log, 'not JSON\n');
    expect((await run(config, '--unreadable', 'fail')).code).toBe(65);
    expect((await known(config)).last_hook_failure).toEqual(first.last_hook_failure);

    writeFileSync(join(directory, 'after_compact.sh'), '#!/bin/sh\n');
    again();
    expect((await quiet()).code).toBe(0);
    expect((await known(config)).last_hook_failure).toBeNull();
    expect((await doctor(['--config', config])).found).not.toHaveProperty('hooks');
  });

  test('a run that is killed while a hook is at work after it has been counted', async () => {
    const { config, directory, read } = scene({ after_compact: 'echo $$ > begun; exec sleep 600' });
    const child = await stopOnce(join(directory, 'begun'), config, 'SIGKILL');
    process.kill(Number(read('begun')));
    expect(child.signal).toBe('SIGKILL');
    expect(await known(config)).toMatchObject({ compactions_run: 1, last_hook_failure: null });
  });

  test('none runs when nothing has expired, in a dry run, for --path, or for a wrong call', async () => {
    const touch = {
      before_compact: 'touch ran',
      after_compact: 'touch ran',
      on_error: 'touch ran',
    };
    const idle = scene(touch, 100);
    expect((await run(idle.config)).report.status).toBe('nothing_to_do');
    const busy = scene(touch);
    expect((await run(busy.config, '--dry-run')).report.status).toBe('dry_run');
    expect((await run(busy.config, '--now', '5')).code).toBe(64);
    expect((await run(busy.config, '--path', busy.log, '--max-records', '3')).code).toBe(0);
    expect(existsSync(join(idle.directory, 'ran')) || existsSync(join(busy.directory, 'ran'))).toBe(false); // prettier-ignore
    expect(busy.lines()).toBe(3);
  });

  test('a time limit ends before_compact: 0, nothing was changed, and the report says zero', async () => {
    const { config, lines } = scene({ before_compact: 'exec sleep 600' });
    const { code, report } = await run(config, '--max-duration', '0.5s');
    expect([code, lines()]).toEqual([0, 9]);
    expect(report).toMatchObject({
      status: 'stopped',
      records: { scanned: null, dropped: 0, dropped_by: { age: 0, count: 0, size: 0 } },
      bytes: { before: null, reclaimed: 0 },
      files: { scanned: null, rewritten: 0, removed: 0 },
      warnings: ['the time limit was over before anything was done; nothing was changed'],
    });
    const text = await papyra(['persistence', 'compact', '--config', config, '--max-duration', '0.5s']); // prettier-ignore
    expect(text.stdout).toContain('early: 0 B reclaimed; the next run goes on.');
    expect(text.stdout).toMatch(/^ +dropped +0 +0 B$/m);
  });

  test('a stop ends before_compact and what it has started: 143, nothing changed, no on_error', async () => {
    const { config, directory, read, lines } = scene({
      before_compact: 'trap "" TERM; sleep 600 & echo "$! $$" > pids; while :; do sleep 600; done',
      on_error: 'touch ran',
    });
    const child = await stopOnce(join(directory, 'pids'), config);
    const { exitCode, stderr } = child;
    expect([exitCode, lines()]).toEqual([143, 9]);
    expect(stderr).toContain('stopped by SIGTERM');
    await until(() => read('pids').trim().split(' ').every((pid) => !runs(Number(pid)))); // prettier-ignore
    expect(readdirSync(directory)).not.toContain('ran');
  });

  test('a stop ends after_compact, and the run has been done: 0, with its report', async () => {
    const { config, directory, lines } = scene({ after_compact: 'echo > begun; exec sleep 600' });
    const { exitCode, stdout, stderr } = await stopOnce(join(directory, 'begun'), config);
    expect([exitCode, lines()]).toEqual([0, 3]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'compacted' });
    expect(stderr).toContain('the after_compact hook was cut short: stopped by SIGTERM');
  });

  test('one that reads nothing and prints megabytes is neither held up nor repeated', async () => {
    const { config, lines } = scene({
      before_compact: 'exec 0<&-; head -c 3000000 /dev/zero | tr "\\0" x; yes loud | head -c 3000000 >&2; exit 1',
    }); // prettier-ignore
    const { code, stderr } = await run(config);
    expect([code, lines()]).toEqual([75, 9]);
    expect(stderr).toContain('(exit status 1): loud | loud | loud\n');
  });

  test('what one leaves running in the background is not waited for', async () => {
    const { config, read, lines } = scene({ before_compact: 'sleep 600 & echo $! > pid' });
    expect((await run(config)).code).toBe(0);
    expect(lines()).toBe(3);
    const pid = Number(read('pid'));
    expect(runs(pid)).toBe(true);
    process.kill(pid);
  });

  test('one that takes too long is ended with what it has started: a veto, with the limit', async () => {
    const { directory, read } = scene({});
    const script = 'trap "" TERM; sleep 600 & echo "$! $$" > pids; echo waiting >&2; while :; do sleep 600; done'; // prettier-ignore
    const commands = { before_compact: ['sh', '-c', script] };
    const config = { commands, directory, explicit: true };
    const hooks = new Hooks({ config, assertTrusted() {}, limitMs: 300 });
    const policy = { max_age_seconds: null, max_records: 3, max_total_bytes: null };
    const plan = blankReport({
      status: 'dry_run',
      backend: 'x',
      target: null,
      policy,
      startedAt: 0,
    });
    await expect(hooks.before(plan)).rejects.toMatchObject({
      code: 'try_again',
      message: 'the before_compact hook sh vetoed the run (not done after 0.3 s): waiting',
    });
    await until(() => read('pids').trim().split(' ').every((pid) => !runs(Number(pid)))); // prettier-ignore
  });

  test('a run of which parts failed calls after_compact with its report, and on_error', async () => {
    const { config, directory, log, write, read } = scene({ after_compact: 'cat > report', on_error: 'cat > error' }); // prettier-ignore
    const lines = Array.from({ length: 300 }, (_, at) => `{"timestamp": ${at}.5, "pad": "${'x'.repeat(100)}"}\n`); // prettier-ignore
    writeFileSync(`${log}.2`, lines.slice(0, 100).join(''));
    writeFileSync(`${log}.1`, lines.slice(100, 200).join(''));
    writeFileSync(log, lines.slice(200).join(''));
    linkSync(`${log}.1`, join(directory, 'hard-link'));
    write(
      { after_compact: ['./after_compact.sh'], on_error: ['./on_error.sh'] },
      { backend: 'rotating', max_files: 4, retention: { max_records: 150 } },
    );
    const { code, report } = await run(config, '--in-place', '--offline');
    expect(report.status).toBe('partial');
    expect(JSON.parse(read('report'))).toEqual(report);
    expect(JSON.parse(read('error'))).toMatchObject({ exit_code: code });
  });

  test('a custom backend says nothing beforehand: before_compact always runs', async () => {
    const { config, directory, write, read } = scene({ before_compact: 'cat > plan' });
    writeFileSync(join(directory, 'm.mjs'), `export default () => ({ name: 'm', compact: () => ({ records: { dropped: 0 } }) })`); // prettier-ignore
    write({ before_compact: ['./before_compact.sh'] }, { backend: './m.mjs' });
    expect((await run(config)).code).toBe(0);
    expect(JSON.parse(read('plan'))).toMatchObject({ backend: 'm', records: { dropped: null } });
  });
});

describe.runIf(isRoot)('whose hooks are run', () => {
  test('as root only root’s own, writable by no one else: 78, nothing changed', async () => {
    const { config, directory, lines } = scene({ before_compact: 'touch ran' });
    const hook = join(directory, 'before_compact.sh');
    chmodSync(hook, 0o775);
    const loose = await run(config);
    expect([loose.code, loose.stderr]).toEqual([78, expect.stringContaining(`hook ${hook} is not used: its group or others can write it`)]); // prettier-ignore
    chmodSync(hook, 0o755);
    chownSync(hook, PLAIN_USER, PLAIN_USER);
    const foreign = await run(config);
    expect([foreign.code, foreign.stderr]).toEqual([78, expect.stringContaining(`it belongs to user ${PLAIN_USER}, not to root`)]); // prettier-ignore
    expect(lines()).toBe(9);
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });

  test('a configuration of somebody else that names hooks is not used where it was merely found', async () => {
    const bin = publicInstall();
    const { config, directory, log, lines } = scene({ before_compact: 'exit 0' });
    execaSync('chown', ['-R', String(PLAIN_USER), directory]);
    chownSync(config, 0, 0);
    chmodSync(directory, 0o755);
    chmodSync(config, 0o644);
    const options = { bin, cwd: directory, uid: PLAIN_USER, gid: 0 };
    const found = await papyra(['persistence', 'compact'], options);
    expect([found.code, found.stderr]).toEqual([78, expect.stringContaining('it belongs to user 0')]); // prettier-ignore
    expect(lines()).toBe(9);
    const named = await papyra(['persistence', 'compact', '--config', config], options);
    expect([named.code, named.stderr]).toEqual([0, '']);
    expect([lines(), log]).toEqual([3, join(directory, 'events.ndjson')]);
  });
});

test('hooks in a call of the library run where relative paths start', async () => {
  const { directory, log } = scene({ before_compact: 'pwd > where; exit 1' });
  const api = (await import(join(ROOT, 'dist/index.js'))) as typeof import('../../src/index.js');
  const system = await api.openSystem({
    cwd: directory,
    persistence: { backend: 'json', path: log, retention: { max_records: 3 } },
    hooks: { before_compact: ['./before_compact.sh'] },
  });
  await expect(system.persistence.compact()).rejects.toMatchObject({ code: 'try_again' });
  expect(readFileSync(join(directory, 'where'), 'utf8')).toBe(`${directory}\n`);
});

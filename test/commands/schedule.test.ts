import { execaSync } from 'execa';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Schedule } from '../../src/schedule/schedule.js';
import { HOSTILE } from '../schedule/jobs.js';
import { systemdWords, unitValue } from '../schedule/read-back.js';
import { tempConfig, writeConfig } from '../support/config.js';
import {
  BARE,
  compact,
  isRoot,
  papyra,
  PAPYRA,
  PLAIN_USER,
  publicInstall,
} from '../support/papyra.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const KINDS = ['cron', 'systemd', 'kubernetes', 'nomad'];
const TWO_RECORDS = '{"timestamp": 1}\n{"timestamp": 2}\n';

/** A configuration beside a log of two records, of which one is to go, under a name that hurts. */
function scene(name = HOSTILE, retention: object = { max_records: 1 }) {
  const directory = join(tempDirectory(), dirname(name));
  mkdirSync(directory, { recursive: true });
  const log = join(directory, name.split('/').at(-1)!);
  writeFileSync(log, TWO_RECORDS);
  const persistence = { backend: 'json', path: log, retention };
  const config = writeConfig(join(directory, 'papyra.config.json'), { persistence });
  return { directory, log, config };
}

async function schedule(kind: string, args: string[], options = {}): Promise<Schedule> {
  const run = await papyra(['schedule', kind, '--json', ...args], options);
  expect(run).toMatchObject({ code: 0 });
  return JSON.parse(run.stdout) as Schedule;
}

/** The last line of a crontab, as cron hands it to its shell. */
const cronCommand = (line: string) => /^(?:\S+ ){5}(.*)\n$/.exec(line)![1]!.replaceAll('\\%', '%');

describe('papyra schedule', () => {
  test.each(KINDS)('%s prints what is in the document, and touches nothing', async (kind) => {
    const { directory, config } = scene();
    const before = statSync(directory).mtimeMs;
    const document = await schedule(kind, ['--config', config]);
    const text = await papyra(['schedule', kind, '--config', config]);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toBe(document.files.map(({ content }) => content).join('\n'));
    expect(document).toMatchObject({ schema: 'papyra.schedule/v1', kind, every_seconds: 21_600 });
    expect(text.stdout).toContain(`# Why that often: how fast the store grows is not known yet`);
    expect(readdirSync(directory)).toHaveLength(2);
    expect(statSync(directory).mtimeMs).toBe(before);
  });

  test.each(KINDS)('%s --quiet says nothing', async (kind) => {
    const run = await papyra(['schedule', kind, '--config', scene().config, '--quiet']);
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('the line of cron compacts in the bare environment of cron, without a word', async () => {
    const { log, config } = scene();
    const { stdout } = await papyra(['schedule', 'cron', '--config', config]);
    const line = stdout.split(/^(?=\d)/m)[1]!;
    const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent', SHELL: '/bin/sh', LOGNAME: 'root' };
    const run = execaSync('/bin/sh', ['-c', cronCommand(line)], {
      env,
      extendEnv: false,
      cwd: '/',
    });
    expect(run.stdout + run.stderr).toBe('');
    expect(readFileSync(log, 'utf8')).toBe('{"timestamp": 2}\n');
  });

  test('ExecStart of the service compacts with nothing in the environment but a PATH', async () => {
    const { log, config } = scene();
    const { files } = await schedule('systemd', ['--config', config]);
    const [command, ...args] = systemdWords(unitValue(files[0]!.content, 'ExecStart'), true);
    expect(command).toBe(process.execPath);
    const run = execaSync(command!, args, { env: BARE, extendEnv: false, cwd: '/' });
    expect(run.stdout + run.stderr).toBe('');
    expect(readFileSync(log, 'utf8')).toBe('{"timestamp": 2}\n');
  });

  test('a log that is a link: the job needs the directory of its target, too', async () => {
    const { directory, log } = scene('a/events');
    const volume = tempDirectory();
    const link = join(directory, 'link');
    renameSync(log, join(volume, 'real'));
    symlinkSync(join(volume, 'real'), link);
    const args = ['--path', link, '--max-records', '1', '--volume', 'records'];
    const [service] = (await schedule('systemd', args.slice(0, -2))).files;
    expect(unitValue(service!.content, 'RequiresMountsFor')).toBe(`${link} ${volume}/real`);
    const [kubernetes] = (await schedule('kubernetes', args)).files;
    expect(kubernetes!.content).toContain(`mountPath: ${volume}\n`);
    expect(kubernetes!.content).toContain(`mountPath: ${directory}\n`);
    expect(kubernetes!.content).toMatch(/claimName: records\n[^]*claimName: records-link\n/);
    const [nomad] = (await schedule('nomad', args)).files;
    expect(nomad!.content).toContain(`destination = "${volume}"`);
    expect(nomad!.content).toContain(`destination = "${directory}"`);
    rmSync(join(volume, 'real'));
    const persistence = { backend: 'json', path: link, retention: { max_records: 1 } };
    const config = writeConfig(join(directory, 'papyra.config.json'), { persistence });
    const [later] = (await schedule('systemd', ['--config', config])).files;
    expect(unitValue(later!.content, 'RequiresMountsFor')).toContain(`${volume}/real`);
  });

  test('flags and environment are in the command, paths are absolute', async () => {
    const log = tempLog(TWO_RECORDS);
    const { files } = await schedule('systemd', ['--path', 'events.ndjson', '--max-age', '36h'], {
      cwd: dirname(log),
      env: { ...BARE, PAPYRA_MAX_TOTAL_BYTES: '2GB', PAPYRA_MAX_AGE: '1h' },
    });
    expect(systemdWords(unitValue(files[0]!.content, 'ExecStart'), true)).toEqual([
      ...[process.execPath, PAPYRA, '--quiet', 'persistence', 'compact', '--path', log],
      ...['--max-age', '36h', '--max-total-bytes', '2000000000', '--lock-wait', '10m'],
    ]);
  });

  test('the interval comes from what the metrics have seen', async () => {
    const log = tempLog(TWO_RECORDS);
    await compact(['--path', log]);
    const store = join(dirname(log), '.papyra/events.ndjson.metrics.json');
    const state = JSON.parse(readFileSync(store, 'utf8')) as {
      history: { started_at: string }[];
    };
    const [run] = state.history;
    const before = new Date(Date.parse(run!.started_at) - 2 * 86_400_000).toISOString();
    state.history = [
      { ...run!, started_at: before, ...{ records_kept: 0, bytes_after: 0 } },
      { ...run!, ...{ records_scanned: 400_000, bytes_before: 6_800_000 } },
    ];
    writeFileSync(store, JSON.stringify(state));
    const seen = await schedule('cron', ['--path', log]);
    expect(seen.every_seconds).toBe(43_200);
    expect(seen.reason).toMatch(
      /^traffic is medium: about (199,9|200,0)\d\d records \(3\.4 MB\) a day/,
    );
    expect((await schedule('cron', ['--path', log, '--max-age', '1h'])).every_seconds).toBe(1800);
  });

  test.runIf(isRoot)('counters that this user may not read: by the limits alone', async () => {
    const { directory, log, config } = scene('a/events', { max_age_seconds: 7200 });
    await compact(['--config', config, '--allow-empty']);
    const store = join(directory, '.papyra/events.metrics.json');
    for (const open of [dirname(directory), directory, dirname(store)]) chmodSync(open, 0o755);
    for (const file of [config, log]) chmodSync(file, 0o644);
    chmodSync(store, 0o600);
    const options = { uid: PLAIN_USER, gid: PLAIN_USER, bin: publicInstall() };
    const args = ['schedule', 'cron', '--config', config];
    const run = await papyra(args, options);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('every hour.');
    expect(run.stderr).toContain(`papyra: warning: how fast the store grows is not known: cannot read the metrics in ${store}: permission denied; run this as`); // prettier-ignore
    expect(await papyra([...args, '--every', '6h'], options)).toMatchObject({ code: 0 });
    rmSync(dirname(dirname(options.bin)), { recursive: true });
  });

  test('--every decides; less often than records expire is a warning', async () => {
    const log = tempLog(TWO_RECORDS);
    const args = ['schedule', 'nomad', '--path', log, '--max-age', '2h', '--every', 'daily'];
    const run = await papyra(args);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('every day.\n# Why that often: it was asked for with --every.');
    expect(run.stderr).toBe(
      'papyra: warning: a run every day is not more often than records expire (2 hours): they stay for up to 26 hours\n',
    );
  });

  test.each(KINDS)('%s without a limit is a job that does nothing: a warning', async (kind) => {
    const run = await papyra(['schedule', kind, '--config', scene('a/events', {}).config]);
    expect(run.code).toBe(0);
    expect(run.stderr).toMatch(/^papyra: warning: no limit is set, so the job will never remove anything: set persistence\.retention .*\n$/); // prettier-ignore
  });

  test.each(KINDS)('%s: a hook that only the PATH of this shell has', async (kind) => {
    const { directory, log, config } = scene('a/events');
    const mine = join(directory, 'ask-me');
    writeFileSync(mine, '#!/bin/sh\n', { mode: 0o755 });
    const persistence = { backend: 'json', path: log, retention: { max_records: 1 } };
    const hooks = { before_compact: ['ask-me'], after_compact: ['true'], on_error: [mine] };
    writeConfig(config, { persistence, hooks });
    const env = { ...BARE, PATH: `${directory}:${BARE.PATH}` };
    const { warnings } = await schedule(kind, ['--config', config], { env });
    if (kind !== 'cron' && kind !== 'systemd') {
      expect(warnings).toEqual([]);
      return;
    }
    const places = { cron: '/usr/bin:/bin', systemd: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }; // prettier-ignore
    expect(warnings).toEqual([
      `the before_compact hook ask-me is not in ${places[kind]}, where ${kind} looks for programs, so the job would not find it: name it with its path`,
    ]);
  });

  test('image and volume of a container can be named', async () => {
    const { config } = scene('a/events');
    const args = ['--config', config, '--image', 'hub/papyra:9', '--volume', 'records'];
    const [kubernetes] = (await schedule('kubernetes', args)).files;
    expect(kubernetes!.content).toMatch(/image: hub\/papyra:9\n[^]*claimName: records\n/);
    const [nomad] = (await schedule('nomad', args)).files;
    expect(nomad!.content).toMatch(/source = "records"\n[^]*image +=+ "hub\/papyra:9"\n/);
  });

  test.each(KINDS)('%s: Redis every hour, also while it is down, and no password', async (kind) => {
    const persistence = { backend: 'redis', url: 'redis://me:s3cret@127.0.0.1:1/0' };
    const directory = dirname(tempConfig({ persistence }));
    const env = { ...BARE, PAPYRA_REDIS_PASSWORD: 's3cret', PAPYRA_TIMEOUT: '90s' };
    const run = await papyra(['schedule', kind], { cwd: directory, env });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/--max-duration\W+45m/);
    expect(run.stdout).toMatch(/--timeout\W+90s/);
    expect(run.stdout + run.stderr).not.toContain('s3cret');
    expect(run.stderr).toMatch(/^papyra: warning: PAPYRA_REDIS_PASSWORD is in force here/m);
  });

  test.each([
    ['an interval that cron cannot say', ['--every', '5h'], 64, "--every: '5h' divides neither"],
    ['an interval without a unit', ['--every', '5'], 64, "--every: '5' has no unit"],
    ['the memory backend', ['--backend', 'memory'], 64, 'there is nothing to schedule'],
  ])('%s is refused', async (_what, args, code, message) => {
    const cwd = scene().directory;
    const run = await papyra(['schedule', 'cron', ...args], { cwd });
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toContain(`papyra: error: ${message}`);
  });

  test.each([
    ['cron', 'papyra is run by /.*, and the owner of the log is '],
    ['systemd', 'papyra is run by /.*, and the owner of the log is '],
    ['kubernetes', 'papyra-data is the volume'],
    ['nomad', 'papyra-data is the volume'],
  ])(
    '%s is printed for a store of another machine, with what was assumed',
    async (kind, assumed) => {
      const args = ['--path', '/nonexistent/app/log', '--max-age', '7d'];
      for (const every of [[], ['--every', '6h']]) {
        const run = await papyra(['schedule', kind, ...args, ...every]);
        expect([run.code, run.stdout]).toEqual([
          0,
          expect.stringContaining('/nonexistent/app/log'),
        ]);
        expect(run.stderr).toMatch(new RegExp(`warning: /nonexistent/app/log is not on this machine.*not a link.*${assumed}`)); // prettier-ignore
        expect(run.stderr.trim().split('\n')).toHaveLength(1);
      }
      const set = await papyra(['schedule', kind, ...args, '--backend', 'rotating']);
      expect([set.code, set.stderr]).toEqual([
        0,
        expect.stringContaining('is not on this machine'),
      ]);
    },
  );

  test('a configured log that the runtime has not made yet is no store of another machine', async () => {
    const { directory } = scene();
    const file = writeConfig(join(directory, 'other.json'), { persistence: { backend: 'json', path: 'new.ndjson', retention: { max_records: 5 } } }); // prettier-ignore
    const run = await papyra(['--config', file, 'schedule', 'cron']);
    expect([run.code, run.stderr]).toEqual([0, expect.not.stringContaining('not on this machine')]);
    const far = writeConfig(join(directory, 'far.json'), { persistence: { backend: 'json', path: '/nonexistent/x/new.ndjson', retention: { max_records: 5 } } }); // prettier-ignore
    const other = await papyra(['--config', far, 'schedule', 'cron']);
    expect([other.code, other.stderr]).toEqual([0, expect.stringContaining('not on this machine')]);
  });

  test('a path with a control character is refused, and not printed raw', async () => {
    const log = tempLog(TWO_RECORDS, 'a\nb\u001b[31m.ndjson');
    const run = await papyra(['schedule', 'kubernetes', '--path', log]);
    expect(run).toMatchObject({ code: 64, stdout: '' });
    expect(run.stderr).toContain('a\\nb\\x1b[31m.ndjson has a control character in it');
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  linkSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY, doctor, healthyLog, HOUR, metricsOf, recentRecords, recordRuns, snapshot, type Place } from '../support/doctor.js'; // prettier-ignore
import { startCompaction, untilAtWork } from '../live/run.js';
import { BARE, isRoot, papyra, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A shell that does something and then stays. */
async function stays(script: string): Promise<number> {
  const child = spawn('bash', ['-c', `${script}; echo; exec sleep 60`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid!;
}

function age(path: string, milliseconds: number): void {
  const then = (Date.now() - milliseconds) / 1000;
  utimesSync(path, then, then);
}

/** Long expired. */
const OLD = '{"timestamp": 1700000000}\n'.repeat(20);

let place: Place;

beforeEach(async () => {
  place = await healthyLog();
});

describe('a healthy log', () => {
  test('passes every check, silently with --quiet, and nothing is touched', async () => {
    const before = snapshot(place.directory);
    const { code, report, found } = await doctor(place.args);
    expect(found).toEqual({});
    expect(code).toBe(0);
    expect(report).toMatchObject({
      schema: 'papyra.doctor/v1',
      backend: 'json',
      target: place.log,
      status: 'healthy',
    });
    expect(report.checks.map(({ name }) => name)).toEqual([
      ...['store', 'retention', 'metrics', 'textfile', 'last_compaction', 'errors', 'growth'],
      'forecast',
      ...[
        'nothing_freed',
        'guards',
        'next_run',
        'rights',
        'lock',
        'writers',
        'followers',
        'leftovers',
      ],
      ...[
        'format',
        'readable',
        'pinned',
        'free_space',
        'file_system',
        'in_place',
        'archive',
        'clock',
      ],
    ]);
    expect(report.checks.every(({ next }) => next === null)).toBe(true);
    const quiet = await papyra(['--quiet', 'doctor', 'run', ...place.args]);
    expect(quiet).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(snapshot(place.directory)).toEqual(before);
  });

  test('stays healthy through years of runs', async () => {
    rmSync(metricsOf(place.log));
    const runs = Array.from({ length: 40 }, (_, at) => ({
      ago: (40 - at) * 6 * HOUR,
      dropped: 100 + (at % 3),
      usage: 50_000 + 1000 * (at % 5),
    }));
    await recordRuns(place, runs);
    expect((await doctor(place.args)).found).toEqual({});
  });

  test('in text it is a line for each check, at most 80 columns wide', async () => {
    const { code, stdout } = await papyra(['doctor', ...place.args]);
    expect(code).toBe(0);
    const [title, blank, ...lines] = stdout.trimEnd().split('\n');
    expect(title).toBe(`Checks of ${place.log}: all 24 passed`);
    expect(blank).toBe('');
    expect(lines).toHaveLength(24);
    for (const line of lines) expect(line).toMatch(/^ {2}pass {2}[a-z_]{4,15} +\S.{0,54}$/);
  });
});

describe('a planted fault is found, and no other', () => {
  test('a log that is not there, under this name', async () => {
    place.configure({ persistence: { path: 'data/event.ndjson' } });
    for (let run = 0; run < 3; run++) await papyra(['persistence', 'compact', ...place.args]);
    const { code, found, say } = await doctor(place.args);
    expect({ code, found }).toEqual({ code: 0, found: { store: 'warn' } });
    const data = join(place.directory, 'data');
    expect(say('store')).toBe(
      `${data}/event.ndjson is not there: the runtime has written nothing to it $ ls -l ${data}`,
    );
    expect(say('nothing_freed')).toContain('there was nothing to read in the last 3 runs');
    place.configure({ persistence: { path: 'data/event.ndjson', backend: 'rotating' } });
    expect((await doctor(place.args)).found).toEqual({ store: 'warn' });
  });

  test('no retention', async () => {
    place.configure({ persistence: { retention: {} } });
    const { code, report, found, say } = await doctor(place.args);
    expect(found).toEqual({ retention: 'fail' });
    expect({ code, status: report.status }).toEqual({ code: 1, status: 'failing' });
    expect(say('retention')).toContain(`no limit is set`);
    expect(say('retention')).toContain(`\${EDITOR:-vi} ${place.file}`);
    const quiet = await papyra(['--quiet', 'doctor', ...place.args]);
    expect(quiet.code).toBe(1);
    expect(quiet.stdout).toContain('  fail  retention');
    expect(quiet.stderr).toBe('');
  });

  test('no retention, as --path replaces that of the configuration', async () => {
    const { found, say } = await doctor([...place.args, '--path', place.log]);
    expect(found).toMatchObject({ retention: 'fail' });
    expect(say('retention')).toMatch(
      new RegExp(`persistence compact --path ${place.log} --max-age 7d --dry-run$`),
    );
  });

  test('metrics off: runs cannot be judged', async () => {
    place.configure({ metrics: { enabled: false } });
    const { code, report, found } = await doctor(place.args);
    expect(found).toEqual({ metrics: 'warn' });
    expect({ code, status: report.status }).toEqual({ code: 0, status: 'warnings' });
    expect(report.checks.map(({ name }) => name)).not.toContain('last_compaction');
  });

  test('metrics that cannot be read', async () => {
    writeFileSync(metricsOf(place.log), 'broken');
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ metrics: 'warn', last_compaction: 'warn' });
    expect(say('metrics')).toContain('it is not JSON');
  });

  test.each([
    ['is no directory', (home: string) => writeFileSync(home, '')],
    ['is a symbolic link', (home: string) => symlinkSync('../archive', home)],
    ['is a symbolic link', (home: string) => symlinkSync('nowhere', home)],
  ])('a folder of the metrics that %s', async (why, make) => {
    const home = dirname(metricsOf(place.log));
    rmSync(home, { recursive: true });
    make(home);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ metrics: 'warn', last_compaction: 'warn' });
    expect(say('metrics')).toContain(`${home} ${why}: runs are not counted`);
    expect(say('metrics')).toContain(`$ ls -ld ${home}`);
    const run = await papyra(['persistence', 'compact', ...place.args]);
    expect(run.stderr).toContain('this run was not counted');
  });

  test('it never ran', async () => {
    rmSync(dirname(metricsOf(place.log)), { recursive: true });
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ last_compaction: 'warn' });
    expect(say('last_compaction')).toContain(`papyra --config ${place.file} persistence compact`);
    expect((await doctor([...place.args, '--max-age', '12h'])).found).toEqual({
      last_compaction: 'fail',
    });
  });

  test('the last success is older than records may become', async () => {
    rmSync(metricsOf(place.log));
    await recordRuns(place, [{ ago: 8 * DAY }]);
    const { code, found, say } = await doctor(place.args);
    expect(found).toEqual({ last_compaction: 'fail' });
    expect(code).toBe(1);
    expect(say('last_compaction')).toContain('8 days ago, and records expire after 7 days');
  });

  test('runs came every hour, and stopped two days ago', async () => {
    rmSync(metricsOf(place.log));
    await recordRuns(
      place,
      [6, 5, 4, 3, 2, 1, 0].map((at) => ({ ago: 2 * DAY + at * HOUR })),
    );
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ last_compaction: 'warn' });
    expect(say('last_compaction')).toContain('a run used to come every 60 minutes');
  });

  /** Runs that came so far apart, oldest first, the last one so long ago. */
  const apart = (gaps: number[], last: number) =>
    [...gaps, 0].map((_gap, at) => ({ ago: last + gaps.slice(at).reduce((a, b) => a + b, 0) }));
  const hourly = Array<number>(60).fill(HOUR);
  const daily = Array<number>(9).fill(DAY);
  const byHand = Array<number>(12).fill(HOUR / 30);

  test.each([
    ['a job that now comes daily, after one such gap', [...hourly, DAY], 2 * DAY],
    ['a daily job, and many runs by hand', [...daily, DAY / 2, ...byHand], DAY / 2],
    ['nothing but runs by hand, before there is a job', byHand, 2 * DAY],
    ['a daily job that was missed for three days, once', [...daily, 3 * DAY, DAY], DAY],
  ])('is not %s', async (_what, gaps, last) => {
    rmSync(metricsOf(place.log));
    await recordRuns(place, apart(gaps, last));
    expect((await doctor(place.args)).found).toEqual({});
  });

  test.each([
    ['an hourly job, after a few hours', hourly, 4 * HOUR, '60 minutes'],
    ['one of a quarter of an hour', Array<number>(60).fill(HOUR / 4), 1.5 * HOUR, '15 minutes'],
    [
      'one that came daily once, and hourly since',
      [...daily, ...hourly.slice(0, 7)],
      4 * HOUR,
      '60 minutes',
    ],
    ['a daily job, and many runs by hand', [...daily, ...byHand], 4 * DAY, '24 hours'],
  ])('is gone: %s', async (_what, gaps, last, every) => {
    rmSync(metricsOf(place.log));
    await recordRuns(place, apart(gaps, last));
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ last_compaction: 'warn' });
    expect(say('last_compaction')).toContain(`a run used to come every ${every}`);
  });

  test('runs come less often than records expire', async () => {
    rmSync(metricsOf(place.log));
    await recordRuns(
      place,
      [5, 4, 3, 2, 1, 0].map((at) => ({ ago: DAY + at * 8 * DAY })),
    );
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ last_compaction: 'warn' });
    expect(say('last_compaction')).toMatch(/a run comes every 8 days, .* schedule cron$/);
  });

  test('a run that failed since', async () => {
    const args = ['persistence', 'compact', ...place.args];
    writeFileSync(place.log, OLD);
    expect((await papyra(args)).code).toBe(65);
    writeFileSync(place.log, recentRecords());
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ errors: 'fail' });
    expect(say('errors')).toMatch(/1 run failed since the last success, .* refused: nothing would be left/); // prettier-ignore
    await papyra(args);
    expect((await doctor(place.args)).found).toEqual({});
  });

  test.each([
    [1, 'warn'],
    [3, 'fail'],
  ])('%i runs that met another one', async (count, status) => {
    const error = { code: 'try_again', message: 'another run of papyra is working on it' };
    await recordRuns(place, Array.from({ length: count }, () => ({ ago: 0, error }))); // prettier-ignore
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ errors: status });
    expect(say('errors')).toContain('--lock-wait 10m');
  });

  test('runs that drop records, and leave more each time', async () => {
    const runs = [1, 2, 3, 4, 5, 6].map((at) => ({ ago: 0, dropped: 10, usage: at * 1_000_000 }));
    await recordRuns(place, runs);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ growth: 'warn' });
    expect(say('growth')).toContain('1.0 MB first and 6.0 MB now');
  });

  test('runs that free nothing, though records have expired behind a line that stays', async () => {
    const run = { ago: 0, dropped: 0, records: { expired_left: 5000 } };
    await recordRuns(place, [run, run, run]);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ nothing_freed: 'warn', pinned: 'warn' });
    expect(say('nothing_freed')).toContain('left 5,000 expired records');
    expect(say('pinned')).toMatch(/behind a line that stays.* persistence compact$/);
  });

  test('runs that free nothing, as records have no timestamp', async () => {
    const run = { ago: 0, records: { undated: 8999, expired_left: 0 } };
    await recordRuns(place, [run, run, run]);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ nothing_freed: 'warn' });
    expect(say('nothing_freed')).toContain('8,999 records of 9000 have no timestamp');
  });

  test('the next run would be refused', async () => {
    writeFileSync(place.log, OLD);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ next_run: 'fail' });
    expect(say('next_run')).toContain('nothing would be left');
  });

  test('a line that cannot be read', async () => {
    const whole = readFileSync(place.log);
    const half = whole.indexOf('\n', whole.length / 2) + 1;
    writeFileSync(place.log, whole.subarray(0, half));
    appendFileSync(place.log, '{"torn": ');
    appendFileSync(place.log, whole.subarray(half));
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ readable: 'warn' });
    expect(say('readable')).toContain(`1 line cannot be read (the whole log read), the first at byte ${half} of events.ndjson`); // prettier-ignore
    expect(say('readable')).toContain('compaction keeps them; a recovery removes them'); // prettier-ignore
    expect(say('readable')).toMatch(/\$ papyra .*persistence recover --dry-run$/);
    const [, ...typed] = say('readable').split('$ papyra ');
    expect((await papyra(typed[0]!.split(' '))).stdout).toMatch(/25\d B would go/);
  });

  test('of a large log both ends are read, and what the last run saw counts', async () => {
    const line = '{"kind": "event", "timestamp": 4000000000}\n';
    const lines = Buffer.from(line.repeat(100_000));
    for (let at = 0; at < 16; at++) appendFileSync(place.log, lines);
    appendFileSync(place.log, recentRecords());
    const healthy = await doctor(place.args);
    expect(healthy.found).toEqual({ clock: 'fail' });
    expect(healthy.say('readable')).toMatch(/every line is a record \(4\d,\d{3} lines at both ends read/); // prettier-ignore
    expect(healthy.report.checks.map(({ name }) => name)).not.toContain('next_run');
    appendFileSync(place.log, `torn\n${recentRecords()}`);
    const torn = await doctor(place.args);
    expect(torn.found).toEqual({ clock: 'fail', readable: 'warn' });
    writeFileSync(place.log, lines);
    for (let at = 0; at < 16; at++) appendFileSync(place.log, lines);
    await recordRuns(place, [{ ago: 0, records: { unreadable: 3 } }]);
    expect((await doctor(place.args)).say('readable')).toContain('3 lines cannot be read (as the last run saw it)'); // prettier-ignore
  });

  test('a line that was never finished', async () => {
    appendFileSync(place.log, '{"kind": "ev');
    expect((await doctor(place.args)).found).toEqual({});
    age(place.log, HOUR);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ readable: 'warn' });
    expect(say('readable')).toContain('ends with 12 bytes of a line that was never finished');
    expect(say('readable')).toMatch(/\$ papyra .*persistence recover$/);
  });

  test('what a killed run left', async () => {
    writeFileSync(place.log, `{"timestamp": 1}\n${recentRecords()}`);
    const run = startCompaction(place.log, ['--limit-rate', '1kB']);
    await untilAtWork(place.log);
    expect((await doctor(place.args)).found).toEqual({});
    run.kill('SIGKILL');
    await run;
    const temp = join(dirname(place.log), '.events.ndjson.papyra.tmp');
    writeFileSync(temp, 'half');
    expect((await doctor(place.args)).found).toEqual({});
    age(temp, HOUR);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ leftovers: 'warn' });
    expect(say('leftovers')).toContain('a run was killed and left .events.ndjson.papyra.tmp; the next run cleans up'); // prettier-ignore
    const old = join(dirname(place.log), '.events.ndjson.papyra.old.5.5');
    writeFileSync(old, 'of somebody else');
    age(old, HOUR);
    const foreign = await doctor(place.args);
    expect(foreign.found).toMatchObject({ leftovers: 'fail' });
    expect(foreign.say('leftovers')).toContain('another program replaced');
  });

  test('an intent of a removal in place, a link to nowhere', async () => {
    const intent = join(dirname(place.log), '.events.ndjson.papyra.intent');
    symlinkSync('nowhere', intent);
    expect((await doctor(place.args)).found).toEqual({});
    await stays(`touch -h -d '1 hour ago' ${intent}`);
    expect((await doctor(place.args)).found).toEqual({ leftovers: 'warn' });
  });

  test("an old temporary file of the runtime's, and none that is fresh", async () => {
    const temp = join(dirname(place.log), 'events.ndjson.compact.tmp');
    writeFileSync(temp, '{}');
    const busy = await doctor(place.args);
    expect(busy.found).toEqual({});
    expect(busy.say('leftovers')).toContain('the runtime is rewriting the log just now');
    age(temp, HOUR);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ leftovers: 'warn' });
    expect(say('leftovers')).toContain(`ls -l ${temp}`);
  });

  test('a lock that has been held for hours', async () => {
    const lock = join(dirname(place.log), '.events.ndjson.papyra.lock');
    const since = new Date(Date.now() - 5 * HOUR).toISOString();
    const pid = await stays(`exec 9<>${lock}; flock 9; echo "pid $$ on here since ${since}" >&9`);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ lock: 'warn' });
    expect(say('lock')).toContain('has held the lock for 5 hours');
    expect(say('lock')).toContain(`$ ps -fp ${pid}`);
  });

  test('a process that keeps the log open', async () => {
    const pid = await stays(`exec 9>>${place.log}`);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ writers: 'warn' });
    expect(say('writers')).toContain(`pid ${pid} (`);
    expect(say('writers')).toContain('persistence compact --in-place');
  });

  test('a password that everybody may read', async () => {
    place.configure({ persistence: { url: 'redis://:hunter2@127.0.0.1' } });
    chmodSync(place.file, 0o644);
    const closed = await doctor(place.args);
    expect(closed.found).toEqual({});
    chmodSync(place.directory, 0o755);
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ secrets: 'fail' });
    expect(say('secrets')).toContain(`$ chmod o-rwx ${place.file}`);
    const text = await papyra(['doctor', ...place.args]);
    expect(text.stdout).not.toContain('hunter2');
    const key = join(place.directory, 'redis.key');
    writeFileSync(key, '', { mode: 0o604 });
    place.configure({ persistence: { tls: { key } } });
    expect((await doctor(place.args)).say('secrets')).toContain(`${key} has a password or a key`);
  });

  test('an archive that is not there', async () => {
    rmSync(join(place.directory, 'archive'), { recursive: true });
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ archive: 'fail' });
    expect(say('archive')).toContain(`$ mkdir -p ${place.directory}/archive`);
  });

  test('a text for Prometheus that is not written', async () => {
    const textfile = join(place.directory, 'prometheus/papyra.prom');
    age(textfile, HOUR);
    expect((await doctor(place.args)).found).toEqual({ textfile: 'warn' });
    place.configure({ metrics: { textfile: 'prometheus/papyra.txt' } });
    const passedOver = await doctor(place.args);
    expect(passedOver.found).toEqual({ textfile: 'warn' });
    expect(passedOver.say('textfile')).toBe(
      `node_exporter reads only files that end in .prom: ${place.directory}/prometheus/papyra.txt is passed over $ \${EDITOR:-vi} ${place.file}`,
    );
    place.configure({ metrics: { enabled: false, textfile: 'prometheus/papyra.prom' } });
    const off = await doctor(place.args);
    expect(off.found).toEqual({ metrics: 'warn', textfile: 'warn' });
    expect(off.say('textfile')).toContain(`metrics are disabled: ${textfile} is not written, and what is in it goes stale $ \${EDITOR:-vi}`); // prettier-ignore
    place.configure({ metrics: { textfile: '/nowhere/papyra.prom' } });
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ textfile: 'warn' });
    expect(say('textfile')).toMatch(
      /cannot write to the directory \/nowhere: .*\$ ls -ld \/nowhere$/,
    );
  });

  test('a hook that is not there', async () => {
    place.configure({ hooks: { after_compact: ['/bin/true'] } });
    expect((await doctor(place.args)).found).toEqual({});
    place.configure({ hooks: { before_compact: ['/nonexistent/ask'] } });
    const { code, found, say } = await doctor(place.args);
    expect(found).toEqual({ hooks: 'fail' });
    expect(code).toBe(1);
    expect(say('hooks')).toContain('/nonexistent/ask');
  });

  test('hard links, which are in the way of --in-place', async () => {
    linkSync(place.log, join(place.directory, 'copy'));
    const { found, say } = await doctor(place.args);
    expect(found).toEqual({ in_place: 'warn' });
    expect(say('in_place')).toContain('1 other hard link: --in-place would change it, too');
  });

  test('a Node that may load no library for system calls', async () => {
    const { found, say } = await doctor(place.args, { env: { ...BARE, NODE_OPTIONS: '--no-addons' } }); // prettier-ignore
    expect(found).toEqual({ lock: 'fail', file_system: 'fail', in_place: 'warn' });
    expect(say('lock')).toContain('cannot make system calls here');
  });

  test.each([
    [2, 'warn'],
    [48, 'fail'],
  ])('a record dated %i hours ahead', async (hours, status) => {
    appendFileSync(place.log, `{"timestamp": ${Date.now() / 1000 + hours * 3600}}\n`);
    expect((await doctor(place.args)).found).toEqual({ clock: status });
  });

  test('a clock that was set back since the last run', async () => {
    await recordRuns(place, [{ ago: -2 * HOUR }]);
    const { found, say } = await doctor(place.args);
    expect(found).toMatchObject({ clock: 'warn' });
    expect(say('clock')).toContain('a clock was set back');
  });

  test.runIf(isRoot)('a log, a folder and an archive that this user may not write', async () => {
    const bin = publicInstall();
    chmodSync(place.directory, 0o755);
    chmodSync(place.file, 0o644);
    chmodSync(metricsOf(place.log), 0o644);
    const { found, say } = await doctor(place.args, { uid: PLAIN_USER, gid: PLAIN_USER, bin });
    expect(found).toEqual({ metrics: 'warn', textfile: 'warn', rights: 'fail', archive: 'fail' });
    expect(say('rights')).toContain("$ sudo -u '#0' papyra");
    rmSync(dirname(dirname(bin)), { recursive: true });
  });
});

describe('where there is nothing to look at, it says so as every command does', () => {
  test.each([
    ['no such log', ['--path', '/nonexistent/log'], 66],
    ['a configuration with an error', ['--config', 'bad.json'], 78],
    ['no configuration', [], 78],
    ['an argument that is none', ['walk', '--path', '/dev/null'], 64],
  ])('%s', async (_what, args, code) => {
    const cwd = tempDirectory();
    writeFileSync(join(cwd, 'bad.json'), '{"persistance": {}}');
    const run = await papyra(['doctor', ...args], { cwd });
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toMatch(/^papyra: error: /);
  });
});

import { appendFileSync, cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConfigReport, DoctorReport, MetricsReport } from '../../src/index.js';
import { tempConfig } from '../support/config.js';
import { BARE, compact, papyra } from '../support/papyra.js';
import { records } from '../support/records.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const DAY = 86_400;
const now = () => Date.now() / 1000;

/** Records of so many days up to now. */
function days(count: number, of: number, end = now()): string {
  const step = (of * DAY) / count;
  return [...records({ seed: 1, count, start: end - step * (count - 1), step })]
    .map((record) => `${record}\n`)
    .join('');
}

/** Whatever can be seen of a file. */
function stateOf(path: string) {
  const { ino, mtimeNs, ctimeNs, size } = statSync(path, { bigint: true });
  return { ino, mtimeNs, ctimeNs, size, content: readFileSync(path, 'utf8') };
}

async function refused(args: string[], options = {}) {
  const run = await papyra(['persistence', 'compact', ...args], options);
  expect(run).toMatchObject({ code: 65, stdout: '' });
  return run.stderr;
}

async function doctor(args: string[]) {
  const { stdout } = await papyra(['doctor', '--json', ...args]);
  const report = JSON.parse(stdout) as DoctorReport;
  return (name: string) => report.checks.find((check) => check.name === name)!;
}

async function metrics(args: string[]) {
  const { stdout } = await papyra(['metrics', 'persistence', '--json', ...args]);
  return JSON.parse(stdout) as MetricsReport;
}

/** The clock of a command is so many days ahead. */
const ahead = (by: number) => ({ command: ['faketime', '-f', `+${by}d`, process.execPath] });

describe('without --max-drop', () => {
  test('a wrong unit after a good run: 65, nothing is changed, and the words say what to do', async () => {
    const log = tempLog(days(3000, 9));
    expect((await compact(['--path', log, '--max-age', '7d'])).code).toBe(0);
    const before = stateOf(log);
    for (const [unit, words] of [
      ['90s', '90 seconds'],
      ['7m', '7 minutes'],
      ['7h', '7 hours'],
      ['1d', '24 hours'],
    ] as const) {
      // The newest record stays even with seconds.
      appendFileSync(log, `{"kind":"event","timestamp":${now()}}\n`);
      const live = stateOf(log);
      const said = await refused(['--path', log, '--max-age', unit]);
      expect(said).toMatch(
        new RegExp(
          `^papyra: error: \\S+% of the [\\d,]+ records of ${log} would go: max_age_seconds is ${words}, and was 7 days in the last run; the newest is \\d+ seconds? old \\(\\S+Z\\)\n` +
            ` {2}mend max_age_seconds \\(--max-age\\) if that is a mistake, of its unit or a digit; if ${words} is meant, run once with --max-drop \\d+%\n$`,
        ),
      );
      expect(stateOf(log)).toEqual(live);
    }
    expect(stateOf(log).ino).toBe(before.ino);
    // A dry run is refused with the same words, and shows what would go.
    const dry = await compact(['--path', log, '--max-age', '7h', '--dry-run']);
    expect(dry).toMatchObject({ code: 65, report: { status: 'dry_run' } });
    expect(dry.report.records.dropped).toBeGreaterThan(2000);
    expect(dry.stderr).toContain('was 7 days in the last run');
    const found = await doctor(['--path', log, '--max-age', '7h']);
    expect(found('next_run')).toMatchObject({ status: 'fail' });
    expect(found('next_run').reason).toContain('max_age_seconds is 7 hours');
    expect(found('guards').reason).toMatch(/^max_drop has refused every run for .* \(4 runs\)/);
    expect(found('guards').status).toBe('fail');
    expect((await metrics(['--path', log])).guarded).toMatchObject({ guard: 'max_drop', runs: 4 });
    const prometheus = await papyra(['metrics', 'persistence', '--prometheus', '--path', log]);
    expect(prometheus.stdout).toMatch(/papyra_guarded_runs\{[^}]*guard="max_drop"\} 4\n/);
    // Mended: the next run goes on by itself.
    expect((await compact(['--path', log, '--max-age', '7d'])).code).toBe(0);
    expect((await metrics(['--path', log])).guarded).toBeNull();
    // Meant: said once, and kept to from then on.
    const meant = await compact(['--path', log, '--max-age', '7h', '--max-drop', '100%']);
    expect(meant).toMatchObject({ code: 0, report: { status: 'compacted' } });
    expect((await compact(['--path', log, '--max-age', '7h'])).code).toBe(0);
  });

  test('a wrong unit in the first run, with a live writer', async () => {
    const log = tempLog(days(3000, 30));
    appendFileSync(log, `{"kind":"event","timestamp":${now()}}\n`);
    const before = stateOf(log);
    expect(await refused(['--path', log, '--max-age', '7s'])).toContain(
      'max_age_seconds is 7 seconds, and the store has records of 30 days',
    );
    expect(await refused(['--path', log, '--max-total-bytes', '500', '--in-place'])).toMatch(
      /max_total_bytes is 500 bytes, and the store has [\d,]+ bytes/,
    );
    expect(stateOf(log)).toEqual(before);
    // The right first run drops nearly all of an old log, and is not doubted.
    const first = await compact(['--path', log, '--max-age', '12h']);
    expect(first).toMatchObject({ code: 0, report: { status: 'compacted' } });
    expect(first.report.records.kept!).toBeLessThan(3001 * 0.02);
  });

  test.each([
    ['after runs with the right clock', true],
    ['in the first run', false],
  ])('a clock a year ahead, with a writer on the same clock, %s', async (_when, hasHistory) => {
    const log = tempLog(days(3000, 9));
    const args = ['--path', log, '--max-age', '7d'];
    if (hasHistory) expect((await compact(args)).code).toBe(0);
    let seen = stateOf(log);
    for (let run = 0; run < 3; run++) {
      appendFileSync(log, days(100, 0.01, now() + 365 * DAY));
      seen = stateOf(log);
      expect(await refused(args, ahead(365))).toMatch(
        hasHistory
          ? /would go: by this clock the last run ended well 365 days ago; the newest is \d+ seconds? old .*\n {2}check this machine's clock \(date\); if it is right, run once with --max-drop \d+%\n$/
          : /would go: by this clock nothing was written for 365 days between what would go and what would stay; the newest is \d+ seconds? old/,
      );
      expect(stateOf(log)).toEqual(seen);
    }
    // Nothing at all would be left: the older refusal, with its own words.
    const idle = tempLog(days(100, 1));
    expect(await refused(['--path', idle, '--max-age', '7d'], ahead(365))).toContain('nothing would be left'); // prettier-ignore
    // The clock is right again: so is the next run. What the wrong clock dated is warned of.
    const again = await compact(args);
    expect(again.code).toBe(0);
    expect(again.report.warnings.join()).toContain('dated more than a day ahead');
  });

  test('a host that slept for months, a stricter policy, a burst: no run is refused', async () => {
    const log = tempLog(days(3000, 30));
    expect((await compact(['--path', log, '--max-age', '30d'])).code).toBe(0);
    appendFileSync(log, days(3000, 7));
    expect((await compact(['--path', log, '--max-age', '7d'])).code).toBe(0);
    appendFileSync(log, days(100, 0.01, now() + 200 * DAY));
    const args = ['persistence', 'compact', '--json', '--path', log, '--max-age', '7d'];
    const slept = await papyra(args, ahead(200));
    expect(slept.code).toBe(0);
    const report = JSON.parse(slept.stdout) as { records: { kept: number; dropped: number } };
    expect(report.records).toMatchObject({ kept: 100 });
    expect(report.records.dropped).toBeGreaterThan(3000);
  });

  test('--allow-empty says that all may go, and needs no second word', async () => {
    const log = tempLog(days(50, 400, now() - 400 * DAY));
    const run = await compact(['--path', log, '--max-age', '1d', '--allow-empty']);
    expect(run).toMatchObject({ code: 0, report: { records: { kept: 0 } } });
  });

  test('a rotating set is one store', async () => {
    const log = tempLog(`{"kind":"event","timestamp":${now()}}\n`);
    writeFileSync(`${log}.1`, days(500, 10));
    writeFileSync(`${log}.2`, days(500, 10, now() - 10 * DAY));
    const args = ['--path', log, '--backend', 'rotating', '--offline'];
    const before = [log, `${log}.1`, `${log}.2`].map(stateOf);
    expect(await refused([...args, '--max-age', '7s'])).toContain('max_age_seconds is 7 seconds');
    const run = await compact([...args, '--max-age', '19d', '--min-reclaim', '10%']);
    expect(run).toMatchObject({
      code: 0,
      report: { status: 'nothing_to_do', files: { rewritten: 0, removed: 0, unchanged: 3 } },
    });
    expect(run.report.parts.map(({ action }) => action)).toEqual(['unchanged', 'unchanged', 'unchanged']); // prettier-ignore
    expect([log, `${log}.1`, `${log}.2`].map(stateOf)).toEqual(before);
    expect((await compact([...args, '--max-age', '9d', '--min-reclaim', '10%'])).report.status).toBe('compacted'); // prettier-ignore
  });
});

describe('--max-drop', () => {
  test('replaces the default: more than that share is refused, that share is not', async () => {
    const log = tempLog(days(100, 1));
    const args = ['--path', log, '--max-records', '40', '--json'];
    expect(await refused([...args, '--max-drop', '59.9%'])).toMatch(
      /60% of the 100 records of \S+ would go, and --max-drop allows 59.9%; the newest is \d seconds? old \(\S+\)\n.*run once with --max-drop 60%\n.*"code":"refused","exit_code":65/,
    );
    expect((await compact([...args, '--max-drop', '60%', '--dry-run'])).code).toBe(0);
    expect((await compact([...args, '--max-drop', '60%'])).code).toBe(0);
  });

  test.each([
    ['--max-drop', '0.5'],
    ['--max-drop', '101%'],
    ['--min-reclaim', '5'.repeat(30)],
    ['--min-reclaim', '-1%'],
    ['--min-reclaim', 'much'],
  ])('%s %s is no value (64)', async (flag, value) => {
    const run = await papyra(['persistence', 'compact', '--path', tempLog('{}\n'), flag, value]);
    expect(run.code).toBe(64);
    expect(run.stderr).toContain(flag);
  });

  test('stands in the configuration, which a variable beats, which a flag beats', async () => {
    const log = tempLog(days(100, 1));
    const retention = { max_records: 50 };
    const config = tempConfig({
      persistence: { backend: 'json', path: log, retention },
      guards: { max_drop: '10%', min_reclaim: '1MB' },
    });
    const args = ['--config', config];
    expect(await refused(args)).toContain('--max-drop allows 10%');
    const env = { ...BARE, PAPYRA_MAX_DROP: '20%', PAPYRA_MIN_RECLAIM: '10%' };
    expect(await refused(args, { env })).toContain('--max-drop allows 20%');
    const shown = JSON.parse((await papyra(['config', 'show', '--json', ...args], { env })).stdout) as ConfigReport; // prettier-ignore
    expect(shown.values.filter(({ key }) => key.startsWith('guards'))).toEqual([
      { key: 'guards.max_drop', value: '20%', from: 'environment', name: 'PAPYRA_MAX_DROP' },
      { key: 'guards.min_reclaim', value: '10%', from: 'environment', name: 'PAPYRA_MIN_RECLAIM' },
    ]);
    expect(await refused([...args, '--max-drop', '30%'], { env })).toContain('allows 30%');
    const waits = await compact([...args, '--max-drop', '50%']);
    expect(waits.report).toMatchObject({ status: 'nothing_to_do', waiting: { needed: 1_000_000 } });
    const goes = await compact([...args, '--max-drop', '50%', '--min-reclaim', '10%']);
    expect(goes.report.status).toBe('compacted');
  });

  test('a custom backend is asked before, and refused when it does not tell', async () => {
    const directory = tempDirectory();
    const module = join(directory, 'backend.mjs');
    const calls = join(directory, 'calls');
    const write = (answer: string) =>
      writeFileSync(module, `import { appendFileSync } from 'node:fs';
export default () => ({ name: 'mine', compact: ({ dryRun }) => {
  appendFileSync(${JSON.stringify(calls)}, dryRun ? 'dry ' : 'real ');
  return ${answer};
} });`); // prettier-ignore
    const config = tempConfig({ persistence: { backend: module } }, 0o600);
    const args = ['--config', config];
    write('{ records: { scanned: 100, dropped: 90 }, bytes: { before: 1000, reclaimed: 900 } }');
    expect((await compact(args)).code).toBe(0);
    expect(await refused([...args, '--max-drop', '50%'])).toContain('90% of the 100 records');
    expect((await compact([...args, '--min-reclaim', '95%'])).report.status).toBe('nothing_to_do');
    expect((await compact([...args, '--max-drop', '90%'])).code).toBe(0);
    expect(readFileSync(calls, 'utf8')).toBe('real dry dry dry real ');
    write('null');
    expect(await refused([...args, '--max-drop', '50%'])).toContain(
      'does not say how much would go',
    );
    const unknown = await compact([...args, '--min-reclaim', '95%']);
    expect(unknown).toMatchObject({ code: 0, report: { status: 'best_effort' } });
  });
});

describe('--min-reclaim', () => {
  test('less than that: nothing is written but what is waiting; enough of it goes at once', async () => {
    const log = tempLog(days(1000, 10));
    const args = ['--path', log, '--max-age', '9d', '--min-reclaim', '20%'];
    const before = stateOf(log);
    for (let run = 1; run <= 3; run++) {
      const held = await papyra(['persistence', 'compact', ...args]);
      expect(held.code).toBe(0);
      expect(held.stdout).toMatch(/^Nothing was changed in \S+: \d+ records \([\d.]+ kB\) wait until [\d.]+ kB can be freed\./); // prettier-ignore
      expect(held.stderr).toMatch(/^papyra: warning: nothing was changed: \d+ records \([\d,]+ bytes\) have expired and wait until --min-reclaim \(20% of the store, [\d,]+ bytes\) can be freed\n$/); // prettier-ignore
      expect(stateOf(log)).toEqual(before);
      expect((await metrics(['--path', log])).guarded).toMatchObject({ guard: 'min_reclaim', runs: run }); // prettier-ignore
    }
    expect(await papyra(['--quiet', 'persistence', 'compact', ...args])).toEqual({ code: 0, stdout: '', stderr: '' }); // prettier-ignore
    expect((await metrics(['--path', log])).records_dropped).toBe(0);
    appendFileSync(log, days(10, 1));
    const goes = await compact(['--path', log, '--max-age', '7d', '--min-reclaim', '20%']);
    expect(goes.report).toMatchObject({ status: 'compacted' });
    expect(goes.report).not.toHaveProperty('waiting');
    // What was appended was counted, although expired records had been left before.
    const after = await metrics(['--path', log]);
    expect(after).toMatchObject({ records_written: 10, guarded: null });
  });

  test('in place, and for an archive, it holds as well; hooks are not run', async () => {
    const log = tempLog(days(3000, 10));
    const directory = dirname(log);
    const marker = join(directory, 'hooked');
    const config = tempConfig({
      persistence: { backend: 'json', path: log, retention: { max_age_seconds: '9d' }, archive: { dir: directory } },
      hooks: { before_compact: ['touch', marker], after_compact: ['touch', marker], on_error: ['touch', marker] },
      guards: { min_reclaim: '1GB' },
    }, 0o600); // prettier-ignore
    const before = stateOf(log);
    for (const mode of [[], ['--in-place']]) {
      const run = await compact(['--config', config, ...mode]);
      expect(run).toMatchObject({ code: 0, report: { status: 'nothing_to_do', archive: null } });
      expect(stateOf(log)).toEqual(before);
    }
    expect(() => statSync(marker)).toThrow('ENOENT');
  });

  test('doctor warns when runs have waited for long', async () => {
    const log = tempLog(days(1000, 10));
    const args = ['--path', log, '--max-age', '9d', '--min-reclaim', '20%'];
    for (let run = 0; run < 3; run++) await compact(args);
    const store = join(dirname(log), '.papyra/events.ndjson.metrics.json');
    expect((await doctor(args.slice(0, 4)))('guards').status).toBe('pass');
    const state = JSON.parse(readFileSync(store, 'utf8')) as { guarded: { since: string } };
    state.guarded.since = new Date(Date.now() - 8 * DAY * 1000).toISOString();
    writeFileSync(store, JSON.stringify(state));
    const found = (await doctor(args.slice(0, 4)))('guards');
    expect(found).toMatchObject({ status: 'warn' });
    expect(found.reason).toMatch(
      /^min_reclaim has let every run wait for 8 days \(3 runs\), and [\d.]+ kB wait: /,
    );
  });

  test('a large log that waits keeps its index', async () => {
    const log = tempLog(days(40_000, 10));
    expect(statSync(log).size).toBeGreaterThan(9e6);
    await compact(['--path', log, '--max-age', '9d', '--min-reclaim', '50%']);
    const index = join(dirname(log), '.papyra/events.ndjson.index');
    expect(statSync(index).size).toBeGreaterThan(0);
    const copy = join(tempDirectory(), 'events.ndjson');
    cpSync(log, copy);
    const [one, other] = [await compact(['--path', log, '--max-age', '9d']), await compact(['--path', copy, '--max-age', '9d'])]; // prettier-ignore
    // A few records may expire between the two runs.
    expect(Math.abs(one.report.records.kept! - other.report.records.kept!)).toBeLessThan(5);
    expect(readFileSync(log).subarray(-1e6)).toEqual(readFileSync(copy).subarray(-1e6));
  });
});

describe('metrics of earlier versions', () => {
  test('a state that knows nothing of guards is read, and tells what the last run did', async () => {
    const log = tempLog(days(1000, 9));
    expect((await compact(['--path', log, '--max-age', '7d'])).code).toBe(0);
    const store = join(dirname(log), '.papyra/events.ndjson.metrics.json');
    const state = JSON.parse(readFileSync(store, 'utf8')) as { guarded?: unknown };
    delete state.guarded;
    writeFileSync(store, JSON.stringify(state));
    expect(await refused(['--path', log, '--max-age', '7h'])).toContain('was 7 days');
    expect(await metrics(['--path', log])).toMatchObject({ warnings: [], guarded: { runs: 1 } });
  });
});

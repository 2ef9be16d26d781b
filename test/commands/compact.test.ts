import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compactByPython, type OracleRules } from '../support/oracle.js';
import { compact, papyra, SHARED_DATA, type Report } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { records } from '../support/records.js';
import { tempLog } from '../support/temp.js';

const START = 1_790_000_000;
const STEP = 97.123456;
const sample = (count: number, seed = 1): string =>
  [...records({ seed, count, start: START, step: STEP })].map((record) => `${record}\n`).join('');

/** The logs that each promise is tried on: our generator's, and the runtime's own where they are there. */
const real = join(SHARED_DATA, 'json/events.ndjson');
const LOGS: [string, () => Buffer][] = [['generated records', () => Buffer.from(sample(3000))]];
if (existsSync(real)) LOGS.push(["the runtime's own records", () => readFileSync(real)]);

function flagsOf(rules: OracleRules): string[] {
  return [
    ...(rules.max_age_seconds ? ['--max-age', `${rules.max_age_seconds}s`] : []),
    ...(rules.max_records ? ['--max-records', String(rules.max_records)] : []),
    ...(rules.max_total_bytes ? ['--max-total-bytes', String(rules.max_total_bytes)] : []),
    ...(rules.unreadable ? ['--unreadable', rules.unreadable] : []),
    ...(rules.undated ? ['--undated', rules.undated] : []),
  ];
}

/** What is allowed to differ between a dry run and the run. */
function comparable(report: Report): Partial<Report> {
  return { ...report, status: 'dry_run', started_at: '', duration_ms: 0 };
}

describe.each(LOGS)('persistence compact on %s', (_name, content) => {
  test('--max-records 1000 keeps exactly the last 1000 lines, byte for byte', async () => {
    const bytes = content();
    const log = tempLog(bytes);
    const { code, report, stderr } = await compact(['--path', log, '--max-records', '1000']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = bytes.toString().split('\n');
    expect(readFileSync(log, 'utf8')).toBe(lines.slice(-1001).join('\n'));
    expect(report).toMatchObject({
      schema: 'papyra.compaction/v1',
      status: 'compacted',
      backend: 'json',
      target: log,
      policy: { max_age_seconds: null, max_records: 1000, max_total_bytes: null },
      records: {
        scanned: 3000,
        kept: 1000,
        dropped: 2000,
        dropped_by: { age: 0, count: 2000, size: 0 },
        appended: 0,
      },
      files: { scanned: 1, rewritten: 1, removed: 0, unchanged: 0 },
      parts: [{ name: 'events.ndjson', scanned: 3000, dropped: 2000, action: 'rewritten' }],
    });
    expect(report.bytes.before).toBe(bytes.length);
    expect(report.bytes.after).toBe(statSync(log).size);
    expect(report.bytes.reclaimed).toBe(bytes.length - statSync(log).size);
  });

  /** `older`: as many records are behind the age limit, which falls in the middle of two. */
  const policies: (OracleRules & { older?: number })[] = [
    { older: 2100 },
    { older: 900, max_records: 700 },
    { max_total_bytes: 200_000 },
    { older: 400, max_records: 2000, max_total_bytes: 123_456 },
  ];
  test.each(policies)(
    '%j keeps exactly what a plain re-reading by Python keeps',
    async ({ older, ...rules }) => {
      const log = tempLog(content());
      const now = Date.now() / 1000;
      const age = older && Math.round(now - (START + (older - 0.5) * STEP));
      if (age) rules.max_age_seconds = age;
      const [expected] = compactByPython([{ log, rules: { ...rules, now } }]);
      const { code, report } = await compact(['--path', log, ...flagsOf(rules)]);
      expect(code).toBe(0);
      expect(readFileSync(log).equals(expected!.kept)).toBe(true);
      expect(report.records.dropped).toBe(expected!.dropped);
      expect(report.records.dropped_by.age).toBe(older ?? 0);
    },
  );

  test('NaN, Infinity and big integers survive as they are', async () => {
    const bytes = content();
    const log = tempLog(bytes);
    await compact(['--path', log, '--max-records', '2900']);
    const special = /NaN|Infinity|\d{20,}/;
    const kept = bytes
      .toString()
      .split('\n')
      .slice(-2901)
      .filter((line) => special.test(line));
    expect(kept.length).toBeGreaterThan(5);
    expect(
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => special.test(line)),
    ).toEqual(kept);
  });

  test('a dry run changes nothing, creates nothing, and says what the run then does', async () => {
    const log = tempLog(content());
    const before = statSync(log);
    const dry = await compact(['--path', log, '--max-records', '1000', '--dry-run']);
    expect(dry.report.status).toBe('dry_run');
    expect(readdirSync(dirname(log))).toEqual([basename(log)]);
    expect(statSync(log)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    const run = await compact(['--path', log, '--max-records', '1000']);
    expect(comparable(run.report)).toEqual(comparable(dry.report));
  });
});

describe('persistence compact', () => {
  test('keeps what the model keeps, on seeded logs of odd lines with any policy', async () => {
    const random = new Random(testSeed('compact'));
    for (let round = 0; round < 12; round++) {
      const log = tempLog(oddLog(random));
      const rules: OracleRules = {
        now: Date.now() / 1000,
        ...(random.chance(0.6) ? { max_age_seconds: 500 * (1 + random.below(40)) } : {}),
        ...(random.chance(0.6) ? { max_records: 1 + random.below(200) } : {}),
        ...(random.chance(0.6) ? { max_total_bytes: 100 + random.below(20_000) } : {}),
        unreadable: random.pick(['keep', 'drop'] as const),
        undated: random.pick(['keep', 'drop'] as const),
      };
      const [expected] = compactByPython([{ log, rules }]);
      const { code, report } = await compact(['--path', log, ...flagsOf(rules), '--allow-empty']);
      expect({ code, rules, left: readFileSync(log, 'latin1') }).toEqual({
        code: 0,
        rules,
        left: expected!.kept.toString('latin1'),
      });
      expect(report.records.dropped).toBe(expected!.dropped);
      const { age, count, size } = report.records.dropped_by;
      expect(age! + count! + size!).toBe(report.records.dropped);
      expect(report.records.kept! + report.records.dropped!).toBe(report.records.scanned);
      expect(report.bytes.after).toBe(statSync(log).size);
    }
  });

  test('nothing expired: same inode, same mtime, status nothing_to_do', async () => {
    const log = tempLog(`\n${sample(100)}`);
    const before = statSync(log);
    const { code, report } = await compact(['--path', log, '--max-records', '100']);
    expect(code).toBe(0);
    expect(report.status).toBe('nothing_to_do');
    expect(report.files).toMatchObject({ rewritten: 0, unchanged: 1 });
    expect(statSync(log)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });

  test('no limit at all: nothing expires, a warning says so, exit 0', async () => {
    const log = tempLog(sample(10));
    const { code, report } = await compact(['--path', log]);
    expect(code).toBe(0);
    expect(report.status).toBe('nothing_to_do');
    expect(report.warnings.join()).toContain('no retention limit is set');
  });

  test('nothing would be left: 65, untouched, the age of the newest named; --allow-empty goes on', async () => {
    const log = tempLog(sample(10));
    const before = readFileSync(log);
    const refused = await papyra(['persistence', 'compact', '--path', log, '--max-age', '1s']);
    expect(refused.code).toBe(65);
    expect(refused.stderr).toMatch(
      /nothing would be left.*all 10 records.*the newest is \d+ days old/,
    );
    expect(refused.stderr).toContain('--allow-empty');
    expect(readFileSync(log).equals(before)).toBe(true);
    const dry = await papyra(['persistence', 'compact', '--path', log, '--max-age', '1s', '-n']);
    expect(dry.code).toBe(65);
    const { code } = await compact(['--path', log, '--max-age', '1s', '--allow-empty']);
    expect(code).toBe(0);
    expect(statSync(log).size).toBe(0);
  });

  test('--now shows in a dry run what would go at that time', async () => {
    const log = tempLog(sample(100));
    const at = new Date((START + 50 * STEP + 3600 + 1) * 1000).toISOString();
    const args = ['--path', log, '--max-age', '1h', '--now'];
    const { report } = await compact([...args, at, '--dry-run']);
    expect(report.records).toMatchObject({ scanned: 100, dropped: 51 });
    const refused = await papyra(['persistence', 'compact', ...args, at]);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain('--now');
  });

  test('bytes after the last newline always stay, and are not counted', async () => {
    const whole = '{"timestamp": 1, "half": "a line';
    const log = tempLog(`${sample(10)}${whole}`);
    const { report } = await compact(['--path', log, '--max-records', '3']);
    expect(report.records).toMatchObject({ scanned: 10, kept: 3 });
    expect(readFileSync(log, 'utf8')).toBe(
      `${sample(10).split('\n').slice(-4).join('\n')}${whole}`,
    );
    expect(report.bytes.after).toBe(statSync(log).size);
  });

  test('a dry run in which only unreadable lines would go says so', async () => {
    const log = tempLog(`garbage\n${sample(3)}`);
    const args = ['persistence', 'compact', '--path', log, '-n'];
    const dropping = await papyra([...args, '--unreadable', 'drop']);
    expect(dropping.stdout).toContain(`Dry run of ${log}: 8 B would go.`);
    expect(dropping.stdout).toMatch(/would drop +0 +8 B\n/);
    expect(dropping.stdout).toMatch(/unreadable +1 +line found\n/);
    const keeping = await papyra(args);
    expect(keeping.stdout).toContain(`Dry run of ${log}: nothing would go.`);
    writeFileSync(log, `garbage\nmore of it\n${sample(3)}`);
    expect((await papyra(args)).stdout).toMatch(/unreadable +2 +lines found\n/);
  });

  test('a dry run in place says what would go', async () => {
    const log = tempLog(sample(100));
    const args = ['--path', log, '--max-records', '10', '--in-place', '-n'];
    const { stdout } = await papyra(['persistence', 'compact', ...args]);
    expect(stdout).toMatch(/^Dry run of .*: [\d.]+ kB would go\. Nothing was changed\./);
    expect(stdout).toContain('1 to be shortened in place');
  });

  test('unreadable lines: kept and warned of, dropped on request, or refused', async () => {
    const content = `not json\n${sample(5)}\u0000\u0000\n`;
    const kept = tempLog(content);
    const run = await compact(['--path', kept, '--max-records', '2']);
    expect(run.report.records.unreadable).toBe(2);
    expect(run.report.warnings.join()).toContain('run papyra persistence recover');
    expect(readFileSync(kept, 'utf8').startsWith('not json\n{')).toBe(true);
    expect(readFileSync(kept, 'utf8').endsWith('\n\u0000\u0000\n')).toBe(true);

    const dropped = tempLog(content);
    await compact(['--path', dropped, '--max-records', '5', '--unreadable', 'drop']);
    expect(readFileSync(dropped, 'utf8')).toBe(sample(5));

    const refused = tempLog(content);
    const { code, stderr } = await papyra([
      ...['persistence', 'compact', '--path', refused, '--max-records', '2'],
      ...['--unreadable', 'fail'],
    ]);
    expect(code).toBe(65);
    expect(stderr).toContain('2 unreadable lines');
    expect(readFileSync(refused, 'utf8')).toBe(content);
  });

  test('records dated more than a day ahead are counted and warned of', async () => {
    const ahead = Date.now() / 1000 + 90_000;
    const log = tempLog(`{"timestamp": ${ahead}}\n{"timestamp": ${ahead - 80_000}}\n`);
    const { report } = await compact(['--path', log, '--max-age', '1d']);
    expect(report.warnings).toEqual([
      '1 record dated more than a day ahead; check the clocks of the machines that write',
    ]);
  });

  test('mode and owner of the log survive; its companions have them, too, but that only those may open a lock who may write the log', async () => {
    const log = tempLog(sample(10));
    const { chmodSync, chownSync } = await import('node:fs');
    if (process.getuid?.() === 0) chownSync(log, 65_534, 65_533);
    chmodSync(log, 0o640);
    await compact(['--path', log, '--max-records', '3']);
    const directory = dirname(log);
    const { uid, gid } = statSync(log);
    expect((statSync(log).mode & 0o7777).toString(8)).toBe('640');
    if (process.getuid?.() === 0) expect([uid, gid]).toEqual([65_534, 65_533]);
    const companions = [
      ['.events.ndjson.papyra.lock', '600'],
      ['.papyra', '750'],
      ['.papyra/events.ndjson.metrics.json', '640'],
      ['.papyra/events.ndjson.metrics.lock', '600'],
    ] as const;
    for (const [name, mode] of companions) {
      const stat = statSync(join(directory, name));
      expect([name, (stat.mode & 0o777).toString(8), stat.uid, stat.gid]).toEqual([
        name,
        mode,
        uid,
        gid,
      ]);
    }
    const passing = readdirSync(directory).filter((name) => name.startsWith('events.ndjson'));
    expect(passing).toEqual(['events.ndjson']);
  });

  test('a missing log: 66 with --path, 0 and a warning when configured, 66 without its directory', async () => {
    const log = tempLog('', 'papyra.config.json');
    const directory = dirname(log);
    const named = await papyra(['persistence', 'compact', '--path', join(directory, 'none')]);
    expect(named.code).toBe(66);
    expect(named.stderr).toContain(`no log at ${join(directory, 'none')}`);

    writeFileSync(log, '{"persistence": {"backend": "json", "path": "later.ndjson"}}');
    const configured = await compact(['--config', log]);
    expect(configured.code).toBe(0);
    expect(configured.stderr).toContain('later.ndjson is not there yet');
    expect(configured.report.status).toBe('nothing_to_do');

    writeFileSync(log, '{"persistence": {"backend": "json", "path": "gone/later.ndjson"}}');
    expect((await papyra(['persistence', 'compact', '--config', log])).code).toBe(66);
  });
});

function oddLog(random: Random): Buffer {
  const now = Date.now() / 1000;
  const parts: Buffer[] = [];
  for (let lines = 50 + random.below(300); lines > 0; lines--) {
    // In the middle of what --max-age can hit: a slow machine must not tip it over.
    const timestamp = now - 500 * random.below(40) - 250.5;
    const line = random.pick([
      `{"kind": "event", "timestamp": ${timestamp}, "pad": "${'x'.repeat(random.below(90))}"}`,
      `{"kind": "event", "timestamp": ${timestamp}}`,
      `{"timestamp": ${timestamp}}`,
      `{"timestamp": 1, "timestamp": ${timestamp}}`,
      '{"kind": "event"}',
      '{"timestamp": NaN}',
      '',
      '  ',
      '{"torn": ',
      'garbage \u001b[31m',
    ]);
    parts.push(Buffer.from(`${line}\n`));
    if (random.chance(0.02)) parts.push(Buffer.from([0xff, 0xfe, 0x0a]));
  }
  if (random.chance(0.3)) parts.push(Buffer.from('{"timestamp": 12'));
  return Buffer.concat(parts);
}

import { execa } from 'execa';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MetricsReport } from '../../src/index.js';
import {
  BARE,
  compact,
  isRoot,
  papyra,
  PAPYRA,
  PLAIN_USER,
  publicInstall,
} from '../support/papyra.js';
import { tempConfig } from '../support/config.js';
import { records } from '../support/records.js';
import { tempLog } from '../support/temp.js';

const lines = (count: number, seed = 1) =>
  [...records({ seed, count, start: 1_790_000_000, step: 60 })].map((line) => `${line}\n`).join('');

async function metrics(log: string, command = 'persistence'): Promise<MetricsReport> {
  const run = await papyra(['metrics', command, '--json', '--path', log]);
  expect(run.code).toBe(0);
  return JSON.parse(run.stdout) as MetricsReport;
}

const storeOf = (log: string) => join(dirname(log), '.papyra/events.ndjson.metrics.json');

describe('metrics persistence', () => {
  test('a store that never ran prints zeros, and nothing is created', async () => {
    const log = tempLog(lines(5));
    expect(await metrics(log)).toMatchObject({
      schema: 'papyra.metrics/v1',
      backend: 'json',
      target: log,
      records_written: 0,
      compactions_run: 0,
      disk_usage_bytes: lines(5).length + countMultibyte(lines(5)),
      last_compaction: null,
      since: null,
    });
    expect(readdirSync(dirname(log))).toEqual(['events.ndjson']);
  });

  test('adds up over runs; records_written is what was appended between them', async () => {
    const log = tempLog(lines(100));
    const first = await compact(['--path', log, '--max-records', '40']);
    appendFileSync(log, lines(25, 2));
    const second = await compact(['--path', log, '--max-records', '40']);
    const seen = await metrics(log);
    expect(seen).toMatchObject({
      records_written: 25,
      records_scanned: 165,
      records_dropped: 85,
      files_rewritten: 2,
      bytes_reclaimed: first.report.bytes.reclaimed! + second.report.bytes.reclaimed!,
      compactions_run: 2,
      compaction_errors: 0,
      compactions_stopped: 0,
      last_compaction: second.report,
    });
  });

  test('records_written never falls when somebody else removes records', async () => {
    const log = tempLog(lines(100));
    await compact(['--path', log, '--max-records', '90']);
    writeFileSync(log, lines(10));
    await compact(['--path', log, '--max-records', '90']);
    appendFileSync(log, lines(7));
    await compact(['--path', log, '--max-records', '90']);
    expect((await metrics(log)).records_written).toBe(7);
  });

  test('failed runs are counted as errors, dry runs not at all', async () => {
    const log = tempLog(lines(10));
    expect((await compact(['--path', log, '--max-age', '1s'])).code).toBe(65);
    expect((await compact(['--path', log, '--max-age', '1s', '-n'])).code).toBe(65);
    await compact(['--path', log, '--max-records', '5', '-n']);
    expect(await metrics(log)).toMatchObject({ compaction_errors: 1, compactions_run: 0 });
  });

  test('metrics reset sets the counters to zero, and what was there is not counted again', async () => {
    const log = tempLog(lines(10));
    await compact(['--path', log, '--max-records', '5']);
    const reset = await metrics(log, 'reset');
    expect(reset).toMatchObject({ records_scanned: 0, compactions_run: 0, last_compaction: null });
    await compact(['--path', log, '--max-records', '5']);
    expect(await metrics(log)).toMatchObject({ records_written: 0, compactions_run: 1 });
  });

  test('ten runs at once lose no count', async () => {
    const log = tempLog(lines(10));
    const runs = await Promise.all(
      Array.from({ length: 10 }, () => compact(['--path', log, '--max-records', '10'])),
    );
    const done = runs.filter(({ code }) => code === 0).length;
    expect(runs.filter(({ code }) => code === 75)).toHaveLength(10 - done);
    expect(done).toBeGreaterThan(0);
    expect(await metrics(log)).toMatchObject({
      compactions_run: done,
      compaction_errors: 10 - done,
    });
  });

  test.each([
    ['not JSON', '{"schema": '],
    ['of another form', '{"schema": "papyra.metrics-store/v9"}'],
    ['null', 'null'],
    [
      'with a counter that is no number',
      '{"schema": "papyra.metrics-store/v1", "since": "x", "counters": {"records_written": "many"}}',
    ],
    ['with a last report that is a list', storeFile({ last_compaction: [] })],
    ['with a last report that is none', storeFile({ last_compaction: { started_at: 5 } })],
    ['with half a record left', storeFile({ records_left: 0.5 })],
    ['with records left as a text', storeFile({ records_left: '5' })],
  ])(
    'a store file that is %s is set aside with a warning, and the run goes on',
    async (_what, content) => {
      const log = tempLog(lines(10));
      mkdirSync(dirname(storeOf(log)));
      writeFileSync(storeOf(log), content);
      const read = await papyra(['metrics', 'persistence', '--path', log]);
      expect(read).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('cannot be read') as string,
      });
      expect(readFileSync(storeOf(log), 'utf8')).toBe(content);
      const { code, stderr } = await compact(['--path', log, '--max-records', '5']);
      expect(code).toBe(0);
      expect(stderr).toContain('set aside as');
      const aside = readdirSync(dirname(storeOf(log))).find((name) => name.includes('.broken-'));
      expect(readFileSync(join(dirname(storeOf(log)), aside!), 'utf8')).toBe(content);
      expect((await metrics(log)).compactions_run).toBe(1);
    },
  );

  test('a store that cannot be written is a warning, the compaction is done', async () => {
    const log = tempLog(lines(10));
    writeFileSync(join(dirname(log), '.papyra'), 'in the way');
    const { code, stderr, report } = await compact(['--path', log, '--max-records', '5']);
    expect(code).toBe(0);
    expect(report.status).toBe('compacted');
    expect(stderr).toContain('this run was not counted');
  });

  test.runIf(isRoot)('a store that another user may not write is a warning', async () => {
    const log = tempLog(lines(10));
    await compact(['--path', log, '--max-records', '9']);
    for (const path of [log, dirname(log)]) chownSync(path, PLAIN_USER, PLAIN_USER);
    rmSync(join(dirname(log), '.events.ndjson.papyra.lock'));
    chmodSync(join(dirname(log), '.papyra'), 0o555);
    const as = { bin: publicInstall(), uid: PLAIN_USER, gid: PLAIN_USER };
    const { code, stderr } = await compact(['--path', log, '--max-records', '5'], as);
    expect(code).toBe(0);
    expect(stderr).toContain('this run was not counted');
  });

  test.runIf(isRoot)(
    'a closed folder: the hint is about the folder, not about the owner of the log',
    async () => {
      const log = tempLog(lines(9));
      const bin = publicInstall();
      await compact(['--path', log, '--max-records', '5']);
      for (const path of [log, dirname(log)]) chownSync(path, PLAIN_USER, PLAIN_USER);
      chmodSync(join(dirname(log), '.papyra'), 0o700);
      for (const command of ['persistence', 'reset']) {
        const as = { bin, uid: PLAIN_USER, gid: PLAIN_USER };
        const run = await papyra(['metrics', command, '--path', log], as);
        expect(run.code).toBe(77);
        expect(run.stderr).toContain(`read and write ${join(dirname(log), '.papyra')}`);
        expect(run.stderr).not.toContain('owns the log');
      }
    },
  );

  test('metrics disabled: nothing is written, and they are unavailable', async () => {
    const log = tempLog(lines(10));
    const persistence = { backend: 'json', path: log, retention: { max_records: 5 } };
    const config = tempConfig({ persistence, metrics: { enabled: false } });
    expect((await compact(['--config', config])).code).toBe(0);
    expect(readdirSync(dirname(log))).not.toContain('.papyra');
    const run = await papyra(['metrics', 'persistence', '--config', config]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('unavailable (metrics are disabled in the configuration)');
  });

  test('the text shows what the document says', async () => {
    const log = tempLog(lines(10));
    await compact(['--path', log, '--max-records', '4']);
    const { stdout } = await papyra(['metrics', 'persistence', '--path', log]);
    expect(stdout).toMatch(/compactions run +1\n/);
    expect(stdout).toMatch(/records dropped +6\n/);
    expect(stdout).toMatch(/last compaction +\d{4}-\d{2}-\d{2}T[\d:.]+Z \(compacted\)/);
  });

  test('a run killed in the middle of everything leaves counters that can be read', async () => {
    const log = tempLog(lines(10));
    for (let round = 0; round < 12; round++) {
      const child = execa(process.execPath, [PAPYRA, 'persistence', 'compact', '--path', log], {
        env: BARE,
        reject: false,
      });
      setTimeout(() => child.kill('SIGKILL'), 60 + 10 * round);
      await child;
    }
    const read = await papyra(['metrics', 'persistence', '--path', log]);
    expect(read).toMatchObject({ code: 0, stderr: '' });
    expect((await compact(['--path', log])).code).toBe(0);
  });
});

/** A store file with sound counters, but for these fields. */
function storeFile(fields: object): string {
  const names = [
    ...['records_written', 'records_scanned', 'records_dropped', 'files_rewritten'],
    ...['bytes_reclaimed', 'compactions_run', 'compaction_errors', 'compactions_stopped'],
  ];
  const counters = Object.fromEntries(names.map((name) => [name, 1]));
  const schema = 'papyra.metrics-store/v1';
  return JSON.stringify({ schema, counters, since: '2026-11-22T05:00:00.000Z', ...fields });
}

function countMultibyte(text: string): number {
  return Buffer.byteLength(text) - text.length;
}

import { execa } from 'execa';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HistoryEntry, MetricsReport } from '../../src/index.js';
import { fileMetrics } from '../../src/metrics/file-store.js';
import { endOfRun } from '../../src/metrics/run.js';
import { HISTORY_LENGTH, type MetricsState } from '../../src/metrics/state.js';
import { untilAtWork } from '../live/run.js';
import { tempConfig } from '../support/config.js';
import { BARE, compact, papyra, PAPYRA } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';

const line = (index: number) => `{"kind": "event", "timestamp": ${1_790_000_000 + index}}\n`;
const lines = (count: number) => Array.from({ length: count }, (_, index) => line(index)).join('');
const storeOf = (log: string) => join(dirname(log), '.papyra/events.ndjson.metrics.json');

async function history(log: string, ...args: string[]): Promise<HistoryEntry[]> {
  const run = await papyra(['metrics', 'persistence', '--json', '--path', log, ...args]);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  return (JSON.parse(run.stdout) as MetricsReport).history!;
}

describe('the history of a store', () => {
  test('has each run, oldest first, with its numbers, failed ones too', async () => {
    const log = tempLog(lines(100));
    const { report } = await compact(['--path', log, '--max-records', '40']);
    appendFileSync(log, lines(5));
    expect((await compact(['--path', log, '--max-age', '1s'])).code).toBe(65);
    await compact(['--path', log, '--max-records', '90']);
    const runs = await history(log, '--history');
    expect(runs.map(({ status }) => status)).toEqual(['compacted', 'failed', 'nothing_to_do']);
    expect(runs[0]).toEqual({
      started_at: report.started_at,
      duration_ms: report.duration_ms,
      status: 'compacted',
      records_scanned: 100,
      records_kept: 40,
      records_dropped: 60,
      bytes_before: report.bytes.before,
      bytes_after: report.bytes.after,
      bytes_reclaimed: report.bytes.reclaimed,
      bytes_appended: 0,
      disk_usage_bytes: 40 * line(0).length,
      error: null,
    });
    expect(runs[1]).toMatchObject({
      records_scanned: null,
      disk_usage_bytes: 45 * line(0).length,
      error: {
        code: 'refused',
        message: expect.stringContaining('nothing would be left') as string,
      },
    });
    expect((await history(log, '--history', '2')).map(({ status }) => status)).toEqual([
      'failed',
      'nothing_to_do',
    ]);
    expect(await history(log)).toBeUndefined();
  });

  test('a run that a signal stopped is in it, with why', async () => {
    const log = tempLog(lines(400));
    const args = ['persistence', 'compact', '--path', log, '--max-records', '9'];
    const child = execa(process.execPath, [PAPYRA, ...args, '--limit-rate', '1kB'], {
      env: BARE,
      reject: false,
    });
    await untilAtWork(log);
    child.kill('SIGTERM');
    expect(await child).toMatchObject({ exitCode: 143 });
    const [run] = await history(log, '--history');
    expect(run).toMatchObject({
      status: 'stopped',
      error: { code: 'interrupted', message: 'stopped by SIGTERM' },
    });
  });

  test('is bounded, and a long message is cut', async () => {
    const log = tempLog(lines(3));
    const store = fileMetrics(log);
    for (let index = 0; index < HISTORY_LENGTH + 2; index++) {
      const end = endOfRun(index * 60_000, undefined, new Error(`${index} `.repeat(500)));
      await store.record({ ...end, usage: index });
    }
    const { state } = await store.read();
    expect(state!.counters.compaction_errors).toBe(HISTORY_LENGTH + 2);
    expect(state!.history.map((run) => run.disk_usage_bytes)).toEqual(
      Array.from({ length: HISTORY_LENGTH }, (_, index) => index + 2),
    );
    expect(state!.history[0]!.error).toMatchObject({ code: 'internal' });
    expect(state!.history[0]!.error!.message).toMatch(/^2 2 .*…$/);
    expect(readFileSync(storeOf(log)).length).toBeLessThan(100_000);
  });

  test('a store file of an earlier version keeps its counters, and begins with its last report', async () => {
    const log = tempLog(lines(10));
    const { report } = await compact(['--path', log, '--max-records', '5']);
    const { history: had, last_success, last_hook_failure: none, ...old } = stateIn(log);
    expect(none).toBeNull();
    expect(had).toHaveLength(1);
    writeFileSync(storeOf(log), JSON.stringify(old, null, 1));
    const runs = await history(log, '--history');
    expect(runs).toMatchObject([{ started_at: report.started_at, records_dropped: 5 }]);
    await compact(['--path', log, '--max-records', '5']);
    const now = stateIn(log);
    expect(now.counters).toMatchObject({ compactions_run: 2, records_dropped: 5 });
    expect(now.history).toHaveLength(2);
    expect(Date.parse(now.last_success!)).toBeGreaterThan(Date.parse(last_success!));
  });

  test('reset forgets it, and still knows when the last run ended well', async () => {
    const log = tempLog(lines(10));
    await compact(['--path', log, '--max-records', '5']);
    const { last_success } = stateIn(log);
    await papyra(['metrics', 'reset', '--path', log]);
    expect(stateIn(log)).toMatchObject({ history: [], last_success });
    const { stdout } = await papyra(['metrics', 'persistence', '--path', log, '--history']);
    expect(stdout).toBe(`Last runs of ${log}\n\n  none yet\n`);
  });

  test.each([
    ['that is no list', { history: 5 }],
    ['with an entry that is none', { history: [null] }],
    [
      'with a time that is none',
      { history: [{ started_at: 'x', duration_ms: 1, status: 'failed' }] },
    ],
    ['with a last success at no time', { last_success: 5 }],
    ['with a failure of a hook that is none', { last_hook_failure: { at: 'x' } }],
  ])('a store file with a history %s is not trusted', async (_what, fields) => {
    const log = tempLog(lines(10));
    const store = fileMetrics(log);
    await store.reset();
    writeFileSync(storeOf(log), JSON.stringify({ ...stateIn(log), ...fields }));
    expect((await store.read()).warning).toContain('cannot be read');
  });
});

describe('metrics persistence --history', () => {
  test('without metrics says why, exit 0', async () => {
    const config = tempConfig('persistence: {backend: memory}');
    const run = await papyra(['metrics', 'persistence', '--config', config, '--history']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^Last runs of memory: unavailable \(the memory backend .*\)\n$/);
  });

  test.each(['0', '-1', '1.5', 'all'])('a count of %s is wrong usage', async (count) => {
    const run = await papyra(['metrics', 'persistence', '--path', '/none', `--history=${count}`]);
    expect(run).toMatchObject({ code: 64, stdout: '' });
    expect(run.stderr).toContain(`--history: '${count}' is not a whole number above zero`);
  });

  test('in the API it is asked for, and a wrong count is refused', async () => {
    const { openSystem } = await import('../../src/index.js');
    const log = tempLog(lines(3));
    const system = await openSystem({ persistence: { backend: 'json', path: log } });
    await system.persistence.compact();
    expect((await system.metrics.read({ history: 5 })).history).toHaveLength(1);
    expect(await system.metrics.read()).not.toHaveProperty('history');
    await expect(system.metrics.read({ history: 0 })).rejects.toMatchObject({ code: 'usage' });
  });
});

function stateIn(log: string): MetricsState {
  return JSON.parse(readFileSync(storeOf(log), 'utf8')) as MetricsState;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultLoadersSync } from 'cosmiconfig';
import { describe, expect, test } from 'vitest';
import { prometheusText } from '../../src/metrics/prometheus.js';
import { metricsReport, unavailableReport } from '../../src/metrics/report.js';
import { freshState, type MetricsState } from '../../src/metrics/state.js';
import { tempConfig } from '../support/config.js';
import { compact, papyra, ROOT } from '../support/papyra.js';
import { tempLog } from '../support/temp.js';
import { parsed, valuesOf } from './parse.js';

const COUNTERS = [
  ...['compactions_run', 'compaction_errors', 'compactions_stopped', 'records_written'],
  ...['records_scanned', 'records_dropped', 'files_rewritten', 'bytes_reclaimed'],
].map((name) => `papyra_${name}`);
const GAUGES: [name: string, unit: string][] = [
  ['papyra_disk_usage_bytes', 'bytes'],
  ['papyra_last_compaction_timestamp_seconds', 'seconds'],
  ['papyra_last_compaction_duration_seconds', 'seconds'],
  ['papyra_last_success_timestamp_seconds', 'seconds'],
  ['papyra_last_compaction_status', ''],
  ['papyra_guarded_runs', ''],
];

const END = Date.parse('2026-11-22T05:00:00.812Z') / 1000;

/** A state in which no two numbers are the same, the last run failed and an earlier one did not. */
function state(): MetricsState {
  const fresh = freshState(new Date('2026-11-01T00:00:00.000Z'));
  const names = Object.keys(fresh.counters) as (keyof typeof fresh.counters)[];
  names.forEach((name, at) => (fresh.counters[name] = 1_000_000 * (at + 1)));
  const none = { records_scanned: null, records_kept: null, records_dropped: null };
  const bytes = { bytes_before: null, bytes_after: null, bytes_reclaimed: null, bytes_appended: null }; // prettier-ignore
  return {
    ...fresh,
    last_success: '2026-11-21T05:00:00.500Z',
    history: [
      {
        ...{ started_at: '2026-11-22T05:00:00.000Z', duration_ms: 812, status: 'failed' },
        ...none,
        ...bytes,
        disk_usage_bytes: 128_554_559,
        error: { code: 'try_again', message: 'another run is at work' },
      },
    ],
  };
}

const NASTY = '/data/a "quoted" \\ back\\slash\nsecond line/ünï{code}=,\u001b[31m.ndjson';

describe('the text for Prometheus', () => {
  const report = metricsReport('json', '/data/events.ndjson', state(), 128_554_559, undefined);
  const texts = {
    full: prometheusText(report),
    nasty: prometheusText({ ...report, target: NASTY }),
    fresh: prometheusText(metricsReport('json', '/data/events.ndjson', null, 0, undefined)),
    none: prometheusText(unavailableReport('memory', null, 'it keeps "none" \\ of\nthem')),
  };
  const [full, nasty, fresh, none] = parsed(Object.values(texts));

  test('is OpenMetrics: counters, gauges with their units, help, one EOF at the end', () => {
    const families = full!.openmetrics.map(({ name, type, unit }) => [name, type, unit]);
    expect(families).toEqual([
      ...COUNTERS.map((name) => [name, 'counter', '']),
      ...GAUGES.map(([name, unit]) => [name, 'gauge', unit]),
    ]);
    for (const { help } of full!.openmetrics) expect(help).toMatch(/^[A-Z].*\.$/);
    for (const text of Object.values(texts)) expect(text.match(/# EOF/g)).toHaveLength(1);
    expect(texts.full.endsWith('\n# EOF\n')).toBe(true);
  });

  test('the parser of node_exporter reads the same names, labels and values', () => {
    for (const { openmetrics, classic } of [full!, nasty!, fresh!]) {
      const samples = (families: typeof classic) => families.flatMap((family) => family.samples);
      expect(samples(classic)).toEqual(samples(openmetrics));
    }
    const typed = full!.classic.filter(({ type }) => type === 'gauge').map(({ name }) => name);
    expect(typed).toEqual(GAUGES.map(([name]) => name));
  });

  test('has base units, and tells the last run from the last success', () => {
    expect(valuesOf(full!.openmetrics)).toMatchObject({
      papyra_records_written_total: 1_000_000,
      papyra_compactions_stopped_total: 8_000_000,
      papyra_disk_usage_bytes: 128_554_559,
      papyra_last_compaction_timestamp_seconds: END,
      papyra_last_compaction_duration_seconds: 0.812,
      papyra_last_success_timestamp_seconds: END - 86_400.312,
      'papyra_last_compaction_status:failed': 1,
      'papyra_last_compaction_status:compacted': 0,
    });
  });

  test('a store that never ran has zeros', () => {
    expect(new Set(Object.values(valuesOf(fresh!.openmetrics)))).toEqual(new Set([0]));
  });

  test('after a reset the last run that is known of is the one that ended well', () => {
    const reset = metricsReport('json', '/x', { ...state(), history: [] }, 0, undefined);
    const values = valuesOf(parsed([prometheusText(reset)])[0]!.openmetrics);
    const last = { papyra_last_compaction_timestamp_seconds: END - 86_400.312 };
    expect(values).toMatchObject({ ...last, 'papyra_last_compaction_status:failed': 0 });
  });

  test('labels come back as they were, but for what a terminal would obey', () => {
    const target = NASTY.replace('\u001b', '\\x1b');
    for (const { name, samples } of nasty!.classic.filter(({ samples }) => samples.length > 0)) {
      expect(samples[0]!.labels, name).toMatchObject({ backend: 'json', target });
    }
    expect(texts.nasty).not.toContain('\u001b');
  });

  test('without metrics there are no samples, only why', () => {
    for (const families of Object.values(none!)) {
      expect(families).toEqual([
        expect.objectContaining({
          samples: [],
          help: "unavailable: it keeps 'none' \\ of\\nthem",
        }),
      ]);
    }
  });

  test('what a report does not know is carried over from the text of the same store only', () => {
    const unknown = {
      ...unavailableReport('json', NASTY, 'unreachable'),
      last_run: report.last_run,
    };
    const carried = prometheusText(unknown, texts.nasty);
    const without = texts.nasty.replace(/(# [^\n]*\n){3}papyra_disk_usage_bytes[^\n]*\n/, '');
    expect(carried).toBe(without);
    expect(carried).not.toBe(texts.nasty);
    const values = parsed([prometheusText(unknown, texts.full)])[0]!.openmetrics;
    expect(valuesOf(values)).not.toHaveProperty('papyra_compactions_run_total');
    expect(valuesOf(values)).toMatchObject({ papyra_last_success_timestamp_seconds: 0 });
  });

  test.each(['prometheus-alerts.yaml', 'grafana-dashboard.json'])(
    'examples/%s is read, and asks for names that are there',
    (name) => {
      const file = join(ROOT, 'examples', name);
      const content = readFileSync(file, 'utf8');
      const document: unknown = defaultLoadersSync[name.endsWith('.json') ? '.json' : '.yaml'](file, content); // prettier-ignore
      expect(document).toBeTypeOf('object');
      const there = new Set(
        full!.openmetrics.flatMap((f) => f.samples.map((sample) => sample.name)),
      );
      const used = new Set(content.match(/\bpapyra_\w+/g));
      expect(used.size).toBeGreaterThan(5);
      expect([...used].filter((metric) => !there.has(metric))).toEqual([]);
    },
  );
});

describe('metrics persistence --prometheus', () => {
  test('prints what --json says', async () => {
    const log = tempLog('{"timestamp": 1}\n{"timestamp": 2}\n{"timestamp": 3}\n');
    await compact(['--path', log, '--max-records', '1']);
    const run = await papyra(['metrics', 'persistence', '--path', log, '--prometheus']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const { classic } = parsed([run.stdout])[0]!;
    expect(valuesOf(classic)).toMatchObject({
      papyra_compactions_run_total: 1,
      papyra_records_dropped_total: 2,
      papyra_disk_usage_bytes: 17,
      'papyra_last_compaction_status:compacted': 1,
    });
    expect(classic.at(-1)!.samples[0]!.labels).toMatchObject({ backend: 'json', target: log });
    const name = 'papyra_last_compaction_timestamp_seconds';
    const before = valuesOf(classic)[name];
    await papyra(['metrics', 'reset', '--path', log]);
    const again = await papyra(['metrics', 'persistence', '--path', log, '--prometheus']);
    const after = valuesOf(parsed([again.stdout])[0]!.classic);
    expect(after).toMatchObject({ papyra_compactions_run_total: 0, [name]: before });
  });

  test('for the memory backend and with metrics disabled: no samples, exit 0', async () => {
    for (const [content, why] of [
      ['persistence: {backend: memory}', 'the memory backend keeps'],
      ['{persistence: {backend: json, path: e}, metrics: {enabled: false}}', 'disabled'],
    ] as const) {
      const config = tempConfig(content);
      const run = await papyra(['metrics', 'persistence', '--config', config, '--prometheus']);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toMatch(new RegExp(`^# HELP papyra_metrics unavailable: .*${why}.*\n# EOF\n$`)); // prettier-ignore
    }
  });

  test('is one form of the result: not with --json, not with --history', async () => {
    for (const other of ['--json', '--history']) {
      const run = await papyra([
        'metrics',
        'persistence',
        '--path',
        '/none',
        '--prometheus',
        other,
      ]);
      expect(run).toMatchObject({ code: 64, stdout: '' });
      expect(run.stderr).toContain(`--prometheus and ${other}`);
    }
  });
});

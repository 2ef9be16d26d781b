import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { DoctorReport } from '../../src/index.js';
import { fileMetrics } from '../../src/metrics/file-store.js';
import { blankReport, type CompactionReport } from '../../src/report/report.js';
import { papyra } from './papyra.js';
import { records } from './records.js';
import { tempDirectory } from './temp.js';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Records of the last two days, the newest of now. */
export function recentRecords(count = 200): string {
  const step = (2 * 86_400) / count;
  const start = Date.now() / 1000 - step * (count - 1);
  return [...records({ seed: 1, count, start, step })].map((record) => `${record}\n`).join('');
}

/** A configured store, and how to name it. */
export interface Place {
  directory: string;
  log: string;
  file: string;
  args: string[];
  /** Writes another configuration; `persistence` is added to what is there. */
  configure: (config: { persistence?: object; metrics?: object; hooks?: object }) => void;
}

const PERSISTENCE = {
  ...{ backend: 'json', path: 'data/events.ndjson', archive: { dir: 'archive' } },
  retention: { max_age_seconds: '7d' },
};
const METRICS = { textfile: 'prometheus/papyra.prom' };

function placeIn(directory: string): Place {
  const file = join(directory, 'papyra.config.json');
  return {
    directory,
    file,
    log: join(directory, 'data/events.ndjson'),
    args: ['--config', file],
    configure: ({ persistence, metrics = METRICS, hooks }) => {
      const config = { persistence: { ...PERSISTENCE, ...persistence }, metrics, hooks };
      writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    },
  };
}

let model: string | undefined;

/** A store as it should be: with a limit, an archive, a text for Prometheus, and a run that went well. */
export async function healthyLog(): Promise<Place> {
  model ??= await makeModel();
  const place = placeIn(tempDirectory());
  cpSync(model, place.directory, { recursive: true, preserveTimestamps: true });
  return place;
}

async function makeModel(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'papyra-healthy-'));
  process.once('exit', () => rmSync(directory, { recursive: true }));
  const place = placeIn(directory);
  for (const name of ['data', 'archive', 'prometheus']) mkdirSync(join(directory, name));
  writeFileSync(place.log, recentRecords());
  place.configure({});
  const run = await papyra(['persistence', 'compact', '--quiet', ...place.args]);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  return directory;
}

export interface Examined {
  code: number;
  report: DoctorReport;
  /** What did not pass: names and statuses. */
  found: Record<string, string>;
  /** Of a check, why, and what to type. */
  say: (name: string) => string;
}

/** `papyra doctor --json`, as a process of its own. */
export async function doctor(
  args: string[],
  options: Parameters<typeof papyra>[1] = {},
): Promise<Examined> {
  const { code, stdout, stderr } = await papyra(['doctor', '--json', ...args], options);
  expect(stderr).toBe('');
  const report = JSON.parse(stdout) as DoctorReport;
  const bad = report.checks.filter(({ status }) => status !== 'pass');
  const say = (wanted: string) => {
    const { reason, next } = report.checks.find(({ name }) => name === wanted)!;
    return `${reason} $ ${next ?? ''}`;
  };
  const found = Object.fromEntries(bad.map(({ name, status }) => [name, status]));
  return { code, report, found, say };
}

/** A run as it might have been, so long ago. */
export interface PastRun {
  ago: number;
  dropped?: number;
  /** Bytes that it left. */
  usage?: number;
  records?: Partial<CompactionReport['records']>;
  parts?: CompactionReport['parts'];
  error?: { code: string; message: string };
}

/** Puts runs into the metrics of a log, as they themselves would. The text for Prometheus is of the last one. */
export async function recordRuns(
  { log, directory }: Place,
  runs: readonly PastRun[],
): Promise<void> {
  for (const { ago, dropped = 0, usage = 50_000, records: counts, parts = [], error } of runs) {
    const startedAt = Date.now() - ago;
    const policy = { max_age_seconds: 604_800, max_records: null, max_total_bytes: null };
    const report: CompactionReport = {
      ...blankReport({ status: 'compacted', backend: 'json', target: log, policy, startedAt }),
      duration_ms: 1,
      parts,
    };
    Object.assign(report.records, { scanned: 9000, kept: 9000 - dropped, dropped, ...counts });
    const end = { started_at: report.started_at, duration_ms: 1, usage };
    await fileMetrics(log).record(
      error ? { ...end, report: null, error } : { ...end, report, error: null },
    );
  }
  const now = new Date();
  utimesSync(join(directory, METRICS.textfile), now, now);
}

/** Where the runs of a log are remembered. */
export function metricsOf(log: string): string {
  return join(dirname(log), '.papyra/events.ndjson.metrics.json');
}

/** Every file below a directory: what it is, and what is in it. */
export function snapshot(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const path = join(directory, name);
    const { ino, mtimeMs, ctimeMs, mode, size } = statSync(path);
    const content = statSync(path).isFile() ? readFileSync(path, 'base64') : '';
    return [name, ino, mtimeMs, ctimeMs, mode, size, content].join(' ');
  });
}

// Formats the last runs for a person: a table and two sparklines.
import { basename } from 'node:path';
import sparkly from 'sparkly';
import type { HistoryEntry } from '../metrics/state.js';
import type { MetricsReport } from '../metrics/report.js';
import { grid } from './grid.js';
import { metricsTitle } from './metrics.js';
import type { Paint } from './paint.js';
import { cut, formatBytes, formatSeconds, formatShortCount, printable } from './text.js';

/** Runs in a sparkline: 80 columns have room for so many beside the label and the range. */
const SPARKS = 40;
const COLUMNS = 80;

export function historyText(report: MetricsReport, paint: Paint): string {
  const title = metricsTitle('Last runs', report, paint);
  const { history = [] } = report;
  if (report.unavailable !== undefined) return `${title}\n`;
  if (history.length === 0) return `${title}\n\n  none yet\n`;
  return `${title}\n\n${table(history, report.target, paint)}\n\n${sparks(history, paint)}\n`;
}

const STATUS: Record<string, [word: string, color: keyof Paint]> = {
  compacted: ['compacted', 'green'],
  nothing_to_do: ['unchanged', 'dim'],
  stopped: ['stopped', 'yellow'],
  partial: ['partial', 'red'],
  failed: ['failed', 'red'],
};

function table(history: HistoryEntry[], target: string | null, paint: Paint): string {
  const head = ['when (UTC)', 'status', 'took', 'scanned', 'dropped', 'reclaimed', 'on disk'];
  const rows = history.map((run) => {
    const [word, color] = STATUS[run.status] ?? [run.status, 'dim'];
    return [
      minute(run.started_at),
      paint[color](printable(word)),
      formatSeconds(run.duration_ms / 1000),
      known(run.records_scanned, formatShortCount),
      known(run.records_dropped, formatShortCount),
      known(run.bytes_reclaimed, formatBytes),
      known(run.disk_usage_bytes, formatBytes),
    ];
  });
  const table = [head.map((word) => paint.dim(word)), ...rows];
  const align = head.map((_word, at) => (at < 2 ? 'left' : 'right'));
  const lines = grid(table, align).split('\n');
  return lines.flatMap((line, at) => [line, ...reason(history[at - 1], target, paint)]).join('\n');
}

/** Why a run failed, in a line below it. The title has the path of the log, so its name is enough here. */
function reason(run: HistoryEntry | undefined, target: string | null, paint: Paint): string[] {
  if (!run?.error) return [];
  const { code, message } = run.error;
  const short = target === null ? message : message.replaceAll(target, basename(target));
  return [`    ${paint.dim(cut(printable(`${code}: ${short}`), COLUMNS - 4))}`];
}

function sparks(history: HistoryEntry[], paint: Paint): string {
  const last = history.slice(-SPARKS);
  const usage = last.map((run) => run.disk_usage_bytes);
  const dropped = last.map((run) => run.records_dropped);
  const rows = [
    ['on disk', paint.cyan(sparkline(usage)), range(usage, formatBytes)],
    ['dropped', paint.cyan(sparkline(dropped)), range(dropped, formatShortCount)],
  ];
  return grid(rows, ['left', 'left', 'left']);
}

function sparkline(values: (number | null)[]): string {
  return sparkly(values.map((value) => value ?? ''));
}

/** `128.5 MB – 1.2 GB` */
function range(values: (number | null)[], format: (value: number) => string): string {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0) return '';
  const [low, high] = [format(Math.min(...numbers)), format(Math.max(...numbers))];
  return low === high ? low : `${low} – ${high}`;
}

/** A run that failed has no numbers. */
function known(value: number | null, format: (value: number) => string): string {
  return value === null ? '–' : format(value);
}

/** `2026-11-22 05:00` */
function minute(iso: string): string {
  return printable(iso.slice(0, 16).replace('T', ' '));
}

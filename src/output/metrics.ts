import type { MetricsReport } from '../metrics/report.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { formatBytes, formatCount, printable } from './text.js';
import { wrapped } from './wrap.js';

/** Beside the words on the left, on a terminal of 80 columns. */
const COLUMNS = 60;

/** The counters over all runs, for a person. */
export function metricsText(report: MetricsReport, paint: Paint): string {
  const title = metricsTitle('Metrics', report, paint);
  if (report.unavailable !== undefined) return `${title}\n`;
  const { last_compaction: last, last_run: run, last_hook_failure: hook } = report;
  const rows = [
    ['compactions run', formatCount(report.compactions_run)],
    ['compaction errors', formatCount(report.compaction_errors)],
    ['compactions stopped', formatCount(report.compactions_stopped)],
    ['records written', formatCount(report.records_written)],
    ['records scanned', formatCount(report.records_scanned)],
    ['records dropped', formatCount(report.records_dropped)],
    ['files rewritten', formatCount(report.files_rewritten)],
    ['bytes reclaimed', formatBytes(report.bytes_reclaimed)],
    ['disk usage', formatBytes(report.disk_usage_bytes)],
  ];
  const times = [
    ['last success', printable(report.last_success ?? 'none yet')],
    ['last compaction', last ? printable(`${last.started_at} (${last.status})`) : 'none yet'],
    ...(run?.error ? [['last error', printable(`${run.started_at} (${run.error.code})`)]] : []),
    ...(hook
      ? [['hook failure', wrapped(printable(`${hook.at} (${hook.message})`), COLUMNS)]]
      : []),
    ['counting since', printable(report.since ?? 'the first run')],
  ];
  return `${title}\n\n${grid(rows, ['left', 'right'])}\n\n${grid(times, ['left', 'left'])}\n`;
}

/** `Metrics of /data/events.ndjson`, and why there are none. */
export function metricsTitle(what: string, report: MetricsReport, paint: Paint): string {
  const title = `${what} of ${paint.bold(printable(report.target ?? report.backend))}`;
  if (report.unavailable === undefined) return title;
  return `${title}: ${paint.yellow('unavailable')} (${printable(report.unavailable)})`;
}

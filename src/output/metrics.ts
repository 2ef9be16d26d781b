import type { MetricsReport } from '../metrics/report.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { formatBytes, formatCount, printable } from './text.js';

/** The counters over all runs, for a person. */
export function metricsText(report: MetricsReport, paint: Paint): string {
  const title = `Metrics of ${paint.bold(printable(report.target ?? report.backend))}`;
  if (report.unavailable !== undefined) {
    return `${title}: ${paint.yellow('unavailable')} (${printable(report.unavailable)})\n`;
  }
  const { last_compaction: last } = report;
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
    ['last compaction', last ? printable(`${last.started_at} (${last.status})`) : 'none yet'],
    ['counting since', printable(report.since ?? 'the first run')],
  ];
  return `${title}\n\n${grid(rows, ['left', 'right'])}\n\n${grid(times, ['left', 'left'])}\n`;
}

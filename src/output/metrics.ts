// Formats the metrics of a store for a person.
import type { MetricsReport } from '../metrics/report.js';
import type { Forecast } from '../report/forecast.js';
import { plural } from '../units/units.js';
import { basisText, outlookText, paceText, suggestionText } from './forecast.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { formatBytes, formatCount, printable } from './text.js';
import { wrapped } from './wrap.js';

/** Columns that are left of 80 beside the labels. */
const COLUMNS = 60;

export function metricsText(report: MetricsReport, paint: Paint): string {
  const title = metricsTitle('Metrics', report, paint);
  if (report.unavailable !== undefined) return `${title}\n`;
  const { last_compaction: last, last_run: run, last_hook_failure: hook, guarded } = report;
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
    ...(guarded ? [['held back', wrapped(guardedText(guarded), COLUMNS)]] : []),
    ['counting since', printable(report.since ?? 'the first run')],
  ];
  const blocks = [
    grid(rows, ['left', 'right']),
    grid(times, ['left', 'left']),
    ...(report.forecast ? [grid(forecastRows(report.forecast), ['left', 'left'])] : []),
  ];
  return `${title}\n\n${blocks.join('\n\n')}\n`;
}

function forecastRows(forecast: Forecast): string[][] {
  const comes = paceText(forecast.bytes_per_day, forecast.records_per_day);
  const goes = paceText(forecast.dropped_bytes_per_day, forecast.dropped_records_per_day);
  const { keeps_up: keepsUp } = forecast;
  const rows = [
    ['growth', comes && `${comes}, ${basisText(forecast)}`],
    ['goes', goes && (keepsUp === false ? `${goes}: compaction falls behind` : goes)],
    ['forecast', outlookText(forecast)],
    ['would fit', suggestionText(forecast)],
  ];
  return rows.flatMap(([label, text]) => (text ? [[label!, wrapped(text, COLUMNS)]] : []));
}

/** `by min_reclaim since 2026-11-22T05:00:00.000Z: 12 runs, 3.4 MB waiting` */
function guardedText({ guard, since, runs, bytes }: NonNullable<MetricsReport['guarded']>): string {
  const waiting = bytes === null ? '' : `, ${formatBytes(bytes)} waiting`;
  return printable(`by ${guard} since ${since}: ${plural(runs, 'run')}${waiting}`);
}

/** `Metrics of /data/events.ndjson`; without metrics also why. */
export function metricsTitle(what: string, report: MetricsReport, paint: Paint): string {
  const title = `${what} of ${paint.bold(printable(report.target ?? report.backend))}`;
  if (report.unavailable === undefined) return title;
  return `${title}: ${paint.yellow('unavailable')} (${printable(report.unavailable)})`;
}

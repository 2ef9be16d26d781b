// Shows the metrics of many stores.
import type { MetricsReport } from '../metrics/report.js';
import { plural } from '../units/units.js';
import { historyText } from './history.js';
import { sum, type StoresView } from './stores.js';
import { formatBytes, formatShortCount, printable } from './text.js';

export const metricsOfStores: StoresView<MetricsReport> = {
  schema: 'papyra.metrics_of_stores/v1',
  headline: (reports) => `Metrics of ${plural(reports.length, 'store')}`,
  columns: ['runs', 'errors', 'written', 'dropped', 'freed', 'on disk'],
  cells: (reports) => [
    formatShortCount(sum(reports, (report) => report.compactions_run)),
    formatShortCount(sum(reports, (report) => report.compaction_errors)),
    formatShortCount(sum(reports, (report) => report.records_written)),
    formatShortCount(sum(reports, (report) => report.records_dropped)),
    formatBytes(sum(reports, (report) => report.bytes_reclaimed)),
    formatBytes(sum(reports, (report) => report.disk_usage_bytes)),
  ],
  word: ({ unavailable, last_run, last_success }, paint) => {
    if (unavailable !== undefined) return paint.yellow('unavailable');
    if (last_run?.error) return paint.red(`failed ${minute(last_run.started_at)}`);
    return last_success === null ? paint.dim('no run yet') : paint.dim(minute(last_success));
  },
  rank: (report) => report.disk_usage_bytes,
};

/** The last runs of each store. */
export const historiesOfStores: StoresView<MetricsReport> = {
  ...metricsOfStores,
  whole: (outcomes, paint) => {
    const shown = outcomes.flatMap(({ store, report }) => {
      return report ? [`${paint.bold(printable(store))}\n${historyText(report, paint)}`] : [];
    });
    return shown.length > 0 ? shown.join('\n') : `${metricsOfStores.headline([], paint)}.\n`;
  },
};

/** `2026-11-22 05:00` */
function minute(iso: string): string {
  return printable(iso.slice(0, 16).replace('T', ' '));
}

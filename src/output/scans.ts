// Shows the scans of many stores.
import type { ScanReport } from '../report/scan.js';
import { plural } from '../units/units.js';
import { scanText } from './scan.js';
import { closerLook, sum, type StoresView } from './stores.js';
import { formatBytes, formatCount } from './text.js';

export const scans: StoresView<ScanReport> = {
  schema: 'papyra.scans/v1',
  headline: (reports, paint) => {
    const damaged = reports.filter(isDamaged).length;
    const scanned = `${plural(reports.length, 'store')} scanned`;
    return damaged === 0
      ? `${paint.green('No anomaly')}: ${scanned}`
      : `${paint.red('Damaged')}: ${formatCount(damaged)} of ${scanned}`;
  },
  columns: ['records', 'bytes', 'anomalies'],
  cells: (reports) => [
    formatCount(sum(reports, ({ records }) => records.scanned)),
    formatBytes(sum(reports, ({ bytes }) => bytes.scanned)),
    formatCount(sum(reports, ({ anomalies }) => anomalies.total)),
  ],
  word: ({ status }, paint) =>
    status === 'anomalies' ? paint.red('damaged') : paint.dim(status.replace('_', ' ')),
  rank: ({ anomalies }) => anomalies.total,
  details: (outcomes, paint) =>
    closerLook(outcomes.filter(({ report }) => report && isDamaged(report)), (report) => scanText(report, paint)), // prettier-ignore
};

function isDamaged({ anomalies }: ScanReport): boolean {
  return anomalies.total > 0;
}

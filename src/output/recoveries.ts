// Shows the recoveries of many stores.
import type { RecoveryReport } from '../report/recovery.js';
import { plural } from '../units/units.js';
import { recoveryText } from './recovery.js';
import { closerLook, sum, type StoresView } from './stores.js';
import { formatBytes, formatCount } from './text.js';

export const recoveries: StoresView<RecoveryReport> = {
  schema: 'papyra.recoveries/v1',
  headline: (reports, paint) => {
    const isDryRun = reports.some(({ status }) => status === 'dry_run');
    const removed = formatBytes(removedFrom(reports) ?? 0);
    const done = plural(reports.length, 'store');
    return isDryRun
      ? `${paint.cyan('Dry run')} of ${done}: ${removed} would go, nothing was changed`
      : `${paint.green('Recovered')} ${done}: ${removed} removed`;
  },
  columns: ['kept', 'found', 'removed', 'left'],
  cells: (reports) => [
    formatCount(sum(reports, ({ records }) => records.kept)),
    formatCount(sum(reports, ({ anomalies }) => anomalies.found.total)),
    formatBytes(removedFrom(reports)),
    formatCount(sum(reports, ({ anomalies }) => anomalies.remaining.total)),
  ],
  word: ({ status, anomalies }, paint) => {
    const word = status.replace('_', ' ');
    if (anomalies.remaining.total > 0) return paint.red(`${word}, anomalies left`);
    return status === 'recovered' ? paint.green(word) : paint.dim(word);
  },
  rank: ({ anomalies }) => anomalies.found.total,
  details: (outcomes, paint) =>
    closerLook(outcomes.filter(({ report }) => report && report.anomalies.remaining.total > 0), (report) => recoveryText(report, paint)), // prettier-ignore
};

function removedFrom(reports: readonly RecoveryReport[]): number | null {
  return sum(reports, ({ bytes }) => bytes.removed);
}

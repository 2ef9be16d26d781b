// Shows the startup checks of many stores.
import type { StartupReport } from '../report/startup-check.js';
import { plural } from '../units/units.js';
import type { Paint } from './paint.js';
import { startupText } from './startup.js';
import { closerLook, sum, type StoresView } from './stores.js';
import { formatCount } from './text.js';

const COLORS: Record<StartupReport['status'], keyof Paint> = {
  healthy: 'dim',
  recovered: 'green',
  ignored: 'yellow',
  failed: 'red',
  unrecovered: 'red',
};

export const startups: StoresView<StartupReport> = {
  schema: 'papyra.startups/v1',
  headline: (reports, paint) => {
    const bad = reports.filter(isBad).length;
    const checked = `${plural(reports.length, 'store')} checked`;
    return bad === 0
      ? `${paint.green('The runtime may start')}: ${checked}`
      : `${paint.red('The runtime must not start')} on ${formatCount(bad)} of ${checked}`;
  },
  columns: ['records', 'anomalies'],
  cells: (reports) => [
    formatCount(sum(reports, ({ scan }) => scan.records.scanned)),
    formatCount(sum(reports, ({ scan }) => scan.anomalies.total)),
  ],
  word: ({ status }, paint) => paint[COLORS[status]](status),
  rank: ({ scan }) => scan.anomalies.total,
  details: (outcomes, paint) =>
    closerLook(outcomes.filter(({ report }) => report && isBad(report)), (report) => startupText(report, paint)), // prettier-ignore
};

function isBad({ status }: StartupReport): boolean {
  return status === 'failed' || status === 'unrecovered';
}

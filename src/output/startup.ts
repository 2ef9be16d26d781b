// Shows the result of a startup check in one line.
import type { StartupReport } from '../report/startup-check.js';
import { anomaliesInWords, anomalyCounts } from './anomalies.js';
import type { Paint } from './paint.js';
import { printable } from './text.js';

export function startupText({ status, scan, recovery }: StartupReport, paint: Paint): string {
  const store = paint.bold(printable(scan.target ?? scan.backend));
  const found = anomaliesInWords(recovery?.anomalies.found.total ?? scan.anomalies.total);
  const next = scan.next === null ? '' : `; next: ${printable(scan.next)}`;
  switch (status) {
    case 'healthy':
      return `${paint.green('Healthy')} ${store}: no anomaly.\n`;
    case 'recovered':
      return `${paint.green('Recovered')} ${store}: ${found} found, none is left.\n`;
    case 'ignored':
      return `${paint.yellow('Ignored')} ${store}: ${anomalyCounts(scan.anomalies)}${next}.\n`;
    case 'failed':
      return `${paint.red('Failed')} ${store}: ${anomalyCounts(scan.anomalies)}${next}.\n`;
    case 'unrecovered':
      return `${paint.red('Not recovered')} ${store}: ${anomalyCounts(scan.anomalies)} left.\n`;
  }
}

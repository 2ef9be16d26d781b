// Shows the report of a scan for a person.
import type { ScanReport } from '../report/scan.js';
import { anomalyCounts, anomalyList } from './anomalies.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { formatBytes, formatCount, formatSeconds, printable } from './text.js';

export function scanText(report: ScanReport, paint: Paint): string {
  const blocks = [headline(report, paint)];
  const { anomalies, next } = report;
  if (report.records.scanned !== null) blocks.push(numbers(report, paint));
  if (anomalies.listed.length > 0) blocks.push(anomalyList(anomalies, paint));
  if (next !== null) blocks.push(`  ${paint.dim('next')}  $ ${printable(next)}`);
  return `${blocks.join('\n\n')}\n`;
}

function headline({ status, target, backend, anomalies }: ScanReport, paint: Paint): string {
  const store = paint.bold(printable(target ?? backend));
  switch (status) {
    case 'clean':
      return `${paint.green('Clean')} ${store}: no anomaly.`;
    case 'anomalies':
      return `${paint.red('Damaged')} ${store}: ${anomalyCounts(anomalies)}.`;
    case 'no_op':
      return `${paint.green('Nothing to scan')} for ${store}.`;
    case 'best_effort':
      return `${paint.yellow('Scanned')} ${store}, as far as its backend tells.`;
  }
}

function numbers({ records, bytes, parts, duration_ms }: ScanReport, paint: Paint): string {
  const undated = records.undated ? ` (${formatCount(records.undated)} undated)` : '';
  const damaged = bytes.anomalous ? `, ${formatBytes(bytes.anomalous)} damaged` : '';
  const rows = [
    ['records', `${formatCount(records.scanned)}${undated}`],
    ['read', `${formatBytes(bytes.scanned)} in ${formatCount(parts.length)} ${parts.length === 1 ? 'part' : 'parts'}${damaged}`], // prettier-ignore
    ['took', formatSeconds(duration_ms / 1000)],
  ];
  return grid(
    rows.map(([key, value]) => [paint.dim(key!), value!]),
    ['left', 'left'],
  );
}

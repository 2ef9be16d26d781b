// Shows the report of a recovery for a person.
import type { RecoveryAction, RecoveryReport } from '../report/recovery.js';
import { plural } from '../units/units.js';
import { anomaliesInWords, anomalyCounts, anomalyList } from './anomalies.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { formatBytes, formatCount, formatSeconds, printable } from './text.js';

export function recoveryText(report: RecoveryReport, paint: Paint): string {
  const { anomalies, status } = report;
  const blocks = [headline(report, paint)];
  if (status === 'dry_run' && anomalies.found.listed.length > 0) blocks.push(anomalyList(anomalies.found, paint)); // prettier-ignore
  if (report.bytes.before !== null) blocks.push(numbers(report, paint));
  if (anomalies.remaining.total > 0) {
    blocks.push(`  ${paint.red('left')}: ${anomalyCounts(anomalies.remaining)}\n${anomalyList(anomalies.remaining, paint)}`); // prettier-ignore
  }
  return `${blocks.join('\n\n')}\n`;
}

function headline(
  { status, target, backend, bytes, anomalies }: RecoveryReport,
  paint: Paint,
): string {
  const store = paint.bold(printable(target ?? backend));
  const found = anomaliesInWords(anomalies.found.total);
  const removed = formatBytes(bytes.removed);
  switch (status) {
    case 'recovered':
      return `${paint.green('Recovered')} ${store}: ${found} found, ${removed} removed.`;
    case 'clean':
      return `${paint.green('Nothing to do')} for ${store}: ${anomalies.found.total === 0 ? 'no anomaly' : 'nothing that a recovery mends'}.`;
    case 'dry_run':
      return anomalies.found.total === 0
        ? `${paint.cyan('Dry run')} of ${store}: no anomaly, nothing would go.`
        : `${paint.cyan('Dry run')} of ${store}: ${found} found, ${removed} would go. Nothing was changed.`;
    case 'no_op':
      return `${paint.green('Nothing to do')} for ${store}.`;
    case 'best_effort':
      return `${paint.yellow('Recovered')} ${store}, as far as its backend tells.`;
    case 'stopped':
      return `${paint.yellow('Stopped')} ${store} early: ${removed} removed; the next run goes on.`;
    case 'partial':
      return `${paint.red('Partly done')} ${store}: ${removed} removed.`;
  }
}

const ACTIONS: Record<RecoveryAction, string> = {
  rewritten: 'rewritten',
  cut: 'cut in place',
  terminated: 'newline added',
  deleted: 'entries deleted',
  moved: 'moved to quarantine',
  unchanged: 'unchanged',
};

function numbers(
  { status, records, parts, quarantine, duration_ms }: RecoveryReport,
  paint: Paint,
): string {
  const would = status === 'dry_run' ? 'would go' : 'removed';
  const rows = [
    ['kept', plural(records.kept, 'record')],
    ...parts
      .filter(({ action }) => action !== 'unchanged')
      .map(({ name, action, removed, bytes_removed }) => [
        printable(name),
        action === 'moved' || action === 'terminated'
          ? ACTIONS[action]
          : `${ACTIONS[action]}: ${formatCount(removed)} ${removed === 1 ? 'piece' : 'pieces'}, ${formatBytes(bytes_removed)} ${would}`,
      ]),
  ];
  if (records.appended) rows.push(['appended', `${formatCount(records.appended)} meanwhile`]);
  if (quarantine !== null) rows.push(['quarantine', printable(quarantine)]);
  rows.push(['took', formatSeconds(duration_ms / 1000)]);
  return grid(
    rows.map(([key, value]) => [paint.dim(key!), value!]),
    ['left', 'left'],
  );
}

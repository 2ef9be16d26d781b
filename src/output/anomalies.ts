// Shows anomalies for a person: how many of each kind, and where the first of them are.
import { ANOMALY_KINDS, type Anomalies, type Anomaly } from '../report/anomalies.js';
import type { Paint } from './paint.js';
import { formatBytes, formatCount, printable } from './text.js';

/** `3 anomalies: 2 CORRUPTED_LINE, 1 TRUNCATED_LINE` */
export function anomalyCounts({ total, by_kind }: Anomalies): string {
  const kinds = ANOMALY_KINDS.filter((kind) => by_kind[kind] > 0);
  const words = kinds.map((kind) => `${formatCount(by_kind[kind])} ${kind}`);
  return `${anomaliesInWords(total)}: ${words.join(', ')}`;
}

/** Two lines for each that is listed; a word about the others. */
export function anomalyList({ listed, total }: Anomalies, paint: Paint): string {
  const lines = listed.flatMap((one) => [
    `  ${paint.yellow(one.kind)}  ${printable(placeOf(one))}: ${printable(one.detail)}`,
    ...(one.excerpt === '' ? [] : [`      ${paint.dim(printable(one.excerpt))}`]),
  ]);
  const rest = total - listed.length;
  if (rest > 0) lines.push(`  and ${formatCount(rest)} more: list them with --limit ${total}`);
  return lines.join('\n');
}

/** `/data/events.ndjson, line 7, byte 812, 93 B` */
function placeOf({ file, stream, line, id, offset, bytes }: Anomaly): string {
  const words = [
    file ?? stream ?? '',
    id === null ? '' : `entry ${id}`,
    line === null ? '' : `line ${formatCount(line)}`,
    offset === null ? '' : `byte ${formatCount(offset)}`,
    bytes === null ? '' : formatBytes(bytes),
  ];
  return words.filter(Boolean).join(', ');
}

/** `no anomaly`, `1 anomaly`, `3 anomalies`. */
export function anomaliesInWords(total: number): string {
  if (total === 0) return 'no anomaly';
  return total === 1 ? '1 anomaly' : `${formatCount(total)} anomalies`;
}

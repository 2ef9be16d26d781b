// Shows the inspections of many stores.
import type { InspectionReport } from '../report/inspection.js';
import { plural } from '../units/units.js';
import { sum, type StoresView } from './stores.js';
import { formatBytes, formatCount } from './text.js';

export const inspections: StoresView<InspectionReport> = {
  schema: 'papyra.inspections/v1',
  headline: (reports) =>
    `${plural(reports.length, 'store')} inspected: ${formatBytes(sum(reports, ({ bytes }) => bytes.total))}`,
  columns: ['records', 'bytes', 'on disk', 'oldest', 'would go'],
  cells: (reports) => [
    estimated(reports, formatCount(sum(reports, ({ records }) => records.total))),
    formatBytes(sum(reports, ({ bytes }) => bytes.total)),
    formatBytes(sum(reports, ({ bytes }) => bytes.allocated)),
    oldestOf(reports),
    estimated(reports, formatCount(sum(reports, ({ expired }) => expired?.records))),
  ],
  word: ({ records }, paint) =>
    records.unreadable ? paint.red(`${formatCount(records.unreadable)} unreadable`) : '',
  rank: ({ bytes }) => bytes.total,
};

/** `~1,200`: some of it was read as a sample. */
function estimated(reports: readonly InspectionReport[], text: string): string {
  return reports.some(({ sample }) => sample !== null) ? `~${text}` : text;
}

function oldestOf(reports: readonly InspectionReport[]): string {
  const times = reports.map(({ records }) => records.oldest).filter((time) => time !== null);
  return times.sort()[0]?.slice(0, 10) ?? '–';
}

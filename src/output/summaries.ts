// Shows how many records of each kind many stores have.
import type { InspectSummary, KindSummary } from '../report/summary.js';
import { plural } from '../units/units.js';
import { sum, type StoresView } from './stores.js';
import { formatBytes, formatShortCount } from './text.js';

export const summaries: StoresView<InspectSummary> = {
  schema: 'papyra.summaries/v1',
  headline: (all) => `Records of ${plural(all.length, 'store')}`,
  columns: ['events', 'audits', 'dead letters', 'size'],
  cells: (all) => [
    formatShortCount(recordsOf(all, 'event')),
    formatShortCount(recordsOf(all, 'audit')),
    formatShortCount(recordsOf(all, 'dead_letter')),
    formatBytes(sum(all, ({ bytes }) => bytes)),
  ],
  word: ({ records }, paint) => (records === 0 ? paint.dim('empty') : ''),
  rank: ({ bytes }) => bytes,
};

function recordsOf(all: readonly InspectSummary[], kind: KindSummary['kind']): number | null {
  return sum(all, ({ kinds }) => kinds.find((one) => one.kind === kind)?.records);
}

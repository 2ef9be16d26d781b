// Shows the compactions of many stores.
import type { CompactionReport, CompactionStatus } from '../report/report.js';
import { plural } from '../units/units.js';
import type { Paint } from './paint.js';
import { sum, type StoresView } from './stores.js';
import { formatBytes, formatCount, formatSeconds } from './text.js';

const WORDS: Record<CompactionStatus, [word: string, color: keyof Paint]> = {
  compacted: ['compacted', 'green'],
  nothing_to_do: ['nothing to do', 'dim'],
  dry_run: ['dry run', 'cyan'],
  no_op: ['nothing to do', 'dim'],
  best_effort: ['best effort', 'yellow'],
  stopped: ['stopped', 'yellow'],
  partial: ['partly done', 'red'],
};

export const compactions: StoresView<CompactionReport> = {
  schema: 'papyra.compactions/v1',
  headline: (reports, paint) => {
    const [freed, done] = [formatBytes(reclaimed(reports) ?? 0), plural(reports.length, 'store')];
    return reports.some(({ status }) => status === 'dry_run')
      ? `${paint.cyan('Dry run')} of ${done}: ${freed} would be freed, nothing was changed`
      : `${paint.green('Compacted')} ${done}: ${freed} freed`;
  },
  columns: ['dropped', 'kept', 'freed', 'took'],
  cells: (reports) => [
    formatCount(sum(reports, ({ records }) => records.dropped)),
    formatCount(sum(reports, ({ records }) => records.kept)),
    formatBytes(reclaimed(reports)),
    formatSeconds((sum(reports, ({ duration_ms }) => duration_ms) ?? 0) / 1000),
  ],
  word: ({ status }, paint) => {
    const [word, color] = WORDS[status];
    return paint[color](word);
  },
  rank: ({ bytes }) => bytes.reclaimed,
};

function reclaimed(reports: readonly CompactionReport[]): number | null {
  return sum(reports, ({ bytes }) => bytes.reclaimed);
}

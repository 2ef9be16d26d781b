// Shows what archives many stores have, and what was verified and pruned.
import type { ArchiveEntry, ArchiveList, ArchivePruning, ArchiveVerification } from '../report/archive.js'; // prettier-ignore
import { plural } from '../units/units.js';
import { archiveVerificationText } from './archive.js';
import { closerLook, sum, type StoresView } from './stores.js';
import { formatBytes, formatShortCount } from './text.js';

const COLUMNS = ['archives', 'records', 'stored'];

function cells(archives: readonly ArchiveEntry[]): string[] {
  return [
    formatShortCount(archives.length),
    formatShortCount(sum(archives, ({ records }) => records)),
    formatBytes(sum(archives, ({ file_bytes }) => file_bytes)),
  ];
}

const storedBytes = ({ archives }: { archives: ArchiveEntry[] }) =>
  sum(archives, ({ file_bytes }) => file_bytes);

export const archiveLists: StoresView<ArchiveList> = {
  schema: 'papyra.archive-lists/v1',
  headline: (lists) => `Archives of ${plural(lists.length, 'store')}`,
  columns: COLUMNS,
  cells: (lists) => cells(lists.flatMap(({ archives }) => archives)),
  word: ({ directory }, paint) => (directory === '' ? paint.dim('not archived') : ''),
  rank: storedBytes,
};

export const archiveVerifications: StoresView<ArchiveVerification> = {
  schema: 'papyra.archive-verifications/v1',
  headline: (all, paint) => {
    const bad = all.filter(({ status }) => status !== 'sound').length;
    const archives = `the archives of ${plural(all.length, 'store')}`;
    return bad === 0 ? `${paint.green('Sound')}: ${archives}` : `${paint.red('Damaged')}: ${bad} of ${archives}`; // prettier-ignore
  },
  columns: COLUMNS,
  cells: (all) => cells(all.flatMap(({ archives }) => archives)),
  word: ({ directory, status }, paint) => {
    if (directory === '') return paint.dim('not archived');
    return status === 'sound' ? paint.green('sound') : paint.red('damaged');
  },
  rank: storedBytes,
  details: (outcomes, paint) =>
    closerLook(
      outcomes.filter(({ report }) => report && report.status !== 'sound'),
      (report) => archiveVerificationText(report, paint),
    ),
};

export const archivePrunings: StoresView<ArchivePruning> = {
  schema: 'papyra.archive-prunings/v1',
  headline: (all, paint) => {
    const removed = sum(all, (one) => one.removed.length) ?? 0;
    const isDry = all.some(({ status }) => status === 'dry_run');
    const what = `${plural(removed, 'archive')} of ${plural(all.length, 'store')}`;
    return isDry ? `${paint.yellow('Would remove')} ${what}` : `${paint.green('Removed')} ${what}`;
  },
  columns: ['removed', 'kept', 'freed'],
  cells: (all) => [
    formatShortCount(sum(all, ({ removed }) => removed.length)),
    formatShortCount(sum(all, ({ kept }) => kept)),
    formatBytes(sum(all, ({ freed_bytes }) => freed_bytes)),
  ],
  word: ({ directory }, paint) => (directory === '' ? paint.dim('not archived') : ''),
  rank: ({ freed_bytes }) => freed_bytes,
};

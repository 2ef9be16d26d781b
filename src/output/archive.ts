// Shows for a person what archives there are, and what was verified, restored and pruned.
import type {
  ArchiveEntry,
  ArchiveList,
  ArchivePruning,
  ArchiveRestoration,
  ArchiveState,
  ArchiveVerification,
} from '../report/archive.js';
import { plural } from '../units/units.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { formatBytes, formatCount, formatSeconds, printable } from './text.js';

export function archiveListText(found: ArchiveList, paint: Paint): string {
  const { archives, directory, leftovers } = found;
  if (archives.length === 0) return blocks([`No archive is in ${printable(directory)}.`, leftoverText(leftovers, paint)]); // prettier-ignore
  const stored = sum(archives.map(({ file_bytes }) => file_bytes));
  const head = `${paint.bold(plural(archives.length, 'archive'))} in ${printable(directory)}, ${formatBytes(stored)} with ${formatCount(sum(archives.map(({ records }) => records)))} records.`; // prettier-ignore
  return blocks([head, ...storesOf(archives, paint), notes(archives, paint), leftoverText(leftovers, paint)]); // prettier-ignore
}

export function archiveVerificationText(found: ArchiveVerification, paint: Paint): string {
  const { archives, directory, leftovers, gaps, status, duration_ms } = found;
  const bad = archives.filter(isBad).length;
  const place = printable(directory);
  const good = `${plural(archives.length, 'archive')} in ${place}, read in ${formatSeconds(duration_ms / 1000)}`; // prettier-ignore
  const head =
    status === 'sound'
      ? `${paint.green('Sound')}: ${good}.`
      : `${paint.red('Damaged')}: ${formatCount(bad)} of ${good}.`;
  const missing = gaps.map(({ run, named_by }) => `  ${paint.red('gap')}  the archive of the run ${printable(run)} is not there, nor its manifest; ${printable(named_by)} names it`); // prettier-ignore
  return blocks([head, ...storesOf(archives, paint), notes(archives, paint), missing.join('\n'), leftoverText(leftovers, paint)]); // prettier-ignore
}

export function archiveRestorationText(done: ArchiveRestoration, paint: Paint): string {
  const rows = [
    ['records', formatCount(done.records)],
    ['bytes', formatBytes(done.bytes)],
    ['archives', `${formatCount(done.archives)}${done.skipped.length > 0 ? `, ${formatCount(done.skipped.length)} left out` : ''}`], // prettier-ignore
    ...(done.repeated > 0 ? [['repeated', `${formatCount(done.repeated)}, left by runs that were killed; taken once`]] : []), // prettier-ignore
    ['took', formatSeconds(done.duration_ms / 1000)],
  ];
  const table = grid(rows.map(([key, value]) => [paint.dim(key!), value!]), ['left', 'left']); // prettier-ignore
  return blocks([`${paint.green('Restored')} ${paint.bold(printable(done.store))} to ${printable(done.to)}.`, table]); // prettier-ignore
}

export function archivePruningText(done: ArchivePruning, paint: Paint): string {
  const { removed, kept, freed_bytes, status } = done;
  const what = `${plural(removed.length, 'archive')}, ${formatBytes(freed_bytes)}`;
  const place = printable(done.directory);
  const head =
    removed.length === 0
      ? `${paint.green('Nothing to prune')} in ${place}: ${plural(kept, 'archive')}, none old enough.`
      : status === 'dry_run'
        ? `${paint.yellow('Would remove')} ${what} from ${place}; ${formatCount(kept)} would stay.`
        : `${paint.green('Removed')} ${what} from ${place}; ${formatCount(kept)} stay.`;
  return blocks([head, ...storesOf(removed, paint)]);
}

function blocks(all: string[]): string {
  return `${all.filter((block) => block !== '').join('\n\n')}\n`;
}

function isBad({ state }: ArchiveEntry): boolean {
  return state === 'damaged' || state === 'missing' || state === 'unreadable';
}

const STATES: Record<ArchiveState, (paint: Paint) => string> = {
  listed: (paint) => paint.dim('listed'),
  sound: (paint) => paint.green('sound'),
  no_manifest: (paint) => paint.yellow('no manifest'),
  missing: (paint) => paint.red('missing'),
  damaged: (paint) => paint.red('damaged'),
  unreadable: (paint) => paint.red('unreadable'),
};

/** A table for each store, whose rows are runs: their file names are too long for one. */
function storesOf(archives: readonly ArchiveEntry[], paint: Paint): string[] {
  const groups = new Map<string, ArchiveEntry[]>();
  for (const entry of archives) {
    const { store, store_id, host } = entry;
    const name = store_id === null ? printable(store) : `${printable(store)}  ${paint.dim(`id ${printable(store_id)}, host ${printable(host ?? '?')}`)}`; // prettier-ignore
    const group = groups.get(name);
    if (group) group.push(entry);
    else groups.set(name, [entry]);
  }
  const head = ['run', 'records', 'stored', 'oldest (UTC)', 'newest (UTC)', 'state'];
  return [...groups].map(([name, entries]) => {
    const rows = entries.map(({ run, records, file_bytes, oldest, newest, state }) => [
      printable(run),
      records === null ? '?' : formatCount(records),
      formatBytes(file_bytes),
      minuteOf(oldest),
      minuteOf(newest),
      STATES[state](paint),
    ]);
    const table = grid([head.map((word) => paint.dim(word)), ...rows], ['left', 'right', 'right', 'left', 'left', 'left']); // prettier-ignore
    return `${paint.bold(name)}\n${table}`;
  });
}

function notes(archives: readonly ArchiveEntry[], paint: Paint): string {
  return archives
    .flatMap(({ file, notes: all, state }) => {
      const color = state === 'sound' || state === 'listed' || state === 'no_manifest' ? paint.yellow : paint.red; // prettier-ignore
      return all.map((note) => `  ${color(printable(file))}\n      ${printable(note)}`);
    })
    .join('\n');
}

function leftoverText(leftovers: readonly string[], paint: Paint): string {
  return leftovers
    .map(
      (file) =>
        `  ${paint.yellow(printable(file))}\n      of a run that is at work, or was killed before it dropped anything; the next run of that store removes it`,
    ) // prettier-ignore
    .join('\n');
}

/** `2026-11-22 05:00` */
function minuteOf(iso: string | null): string {
  return iso === null ? '–' : printable(iso.slice(0, 16).replace('T', ' '));
}

function sum(numbers: (number | null)[]): number {
  return numbers.reduce<number>((all, one) => all + (one ?? 0), 0);
}

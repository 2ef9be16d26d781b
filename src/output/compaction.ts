// Formats the report of a compaction for a person.
import type { CompactionPart, CompactionReport, PartAction } from '../report/report.js';
import { plural } from '../units/units.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { policyText } from './policy.js';
import {
  cutFront,
  formatAge,
  formatBytes,
  formatCount,
  formatSeconds,
  formatShare,
  formatShortCount,
  printable,
} from './text.js';
import { wrapped } from './wrap.js';

export function compactionText(report: CompactionReport, paint: Paint): string {
  const blocks = [headline(report, paint)];
  if (hasNumbers(report)) blocks.push(numbers(report, paint));
  if (report.parts.length > 1) blocks.push(partsOf(report, paint));
  if (report.parts.some(isPinned)) blocks.push(pinsOf(report, paint));
  if (report.status !== 'no_op') blocks.push(details(report, paint));
  return `${blocks.join('\n\n')}\n`;
}

/** Columns for the name of a part: of a file, beside the times of its records; of a stream, beside its duration. */
const FILE_COLUMNS = 14;
const STREAM_COLUMNS = 27;
/** Columns that are left of 80 beside a label, and beside the numbers. */
const DETAIL_COLUMNS = 67;
const REASON_COLUMNS = 43;

const ACTIONS: Record<PartAction, string> = {
  rewritten: 'rewritten',
  removed: 'removed',
  emptied: 'emptied',
  unchanged: 'unchanged',
  trimmed: 'trimmed',
  collapsed: 'in place',
};

/** One line for each part. In a set the active file is shown by its name, the others by their number. */
function partsOf({ parts }: CompactionReport, paint: Paint): string {
  const active = parts.at(-1)!.name;
  // Streams have a duration, segments have times of records: there is no room for both columns.
  const timed = parts.some(({ duration_ms }) => duration_ms !== undefined);
  const room = timed ? STREAM_COLUMNS : FILE_COLUMNS;
  const short = (name: string) =>
    name.startsWith(`${active}.`) ? name.slice(active.length) : cutFront(printable(name), room);
  const head = ['part', 'dropped', 'kept', 'size', timed ? 'took' : 'from–to (UTC)', ''];
  const rows = parts.map((part) => [
    short(part.name),
    formatShortCount(part.dropped),
    formatShortCount(part.kept),
    formatBytes(part.bytes_after),
    timed ? `${formatCount(part.duration_ms ?? null)} ms` : spanOf(part),
    ACTIONS[part.action],
  ]);
  return grid([head.map((word) => paint.dim(word)), ...rows], ['left', 'right', 'right', 'right', timed ? 'right' : 'left', 'left']); // prettier-ignore
}

/** The parts that could not go, and why. */
function pinsOf({ parts }: CompactionReport, paint: Paint): string {
  return parts
    .filter(isPinned)
    .map((part) => `  ${paint.yellow(printable(part.name))}: ${printable(part.pinned_by!)}`)
    .join('\n');
}

function isPinned({ pinned_by }: CompactionPart): boolean {
  return pinned_by !== undefined;
}

function spanOf({ oldest, newest }: CompactionPart): string {
  return oldest && newest ? `${minute(oldest)}–${minute(newest)}` : '';
}

/** `11-22 05:00` */
function minute(iso: string): string {
  return iso.slice(5, 16).replace('T', ' ');
}

function hasNumbers({ records, bytes }: CompactionReport): boolean {
  return [records.scanned, records.dropped, bytes.before, bytes.reclaimed].some((n) => n !== null);
}

/** Looks beyond `dropped`: unreadable lines may go, too. */
function nothingGoes({ records, bytes, files, parts }: CompactionReport): boolean {
  if (parts.some(({ action }) => action === 'collapsed')) return false;
  if (files.rewritten !== null) return files.rewritten + (files.removed ?? 0) === 0;
  return (bytes.reclaimed ?? records.dropped) === 0;
}

/** Bytes; or records, when a server does not know the bytes, or only afterwards. */
function amountFreed({ bytes, records }: CompactionReport): string {
  if (bytes.reclaimed !== null || records.dropped === null) return formatBytes(bytes.reclaimed);
  return plural(records.dropped, 'record');
}

function headline(report: CompactionReport, paint: Paint): string {
  const target = paint.bold(printable(report.target ?? report.backend));
  const freed = amountFreed(report);
  switch (report.status) {
    case 'compacted':
      return `${paint.green('Compacted')} ${target}: ${freed} reclaimed.`;
    case 'dry_run':
      if (report.waiting)
        return `${paint.cyan('Dry run')} of ${target}: nothing would go, ${waitingText(report.waiting)}.`;
      return nothingGoes(report)
        ? `${paint.cyan('Dry run')} of ${target}: nothing would go.`
        : `${paint.cyan('Dry run')} of ${target}: ${freed} would go. Nothing was changed.`;
    case 'nothing_to_do':
      if (report.waiting)
        return `${paint.yellow('Nothing was changed')} in ${target}: ${waitingText(report.waiting)}.`;
      return report.records.expired_left || report.parts.some(isPinned)
        ? `${paint.yellow('Nothing to do')} for ${target}: what has expired cannot go yet.`
        : `${paint.green('Nothing to do')} for ${target}: no record has expired, nothing was touched.`;
    case 'no_op':
      return `${paint.green('Nothing to do')} for ${target}.`;
    case 'best_effort':
      return `${paint.green('Compacted')} ${target}, as far as its backend tells.`;
    case 'stopped':
      return `${paint.yellow('Stopped')} ${target} early: ${freed} reclaimed; the next run goes on.`;
    case 'partial':
      return `${paint.red('Partly done')} ${target}: ${freed} reclaimed.`;
  }
}

/** `1,234 records (5.6 MB) wait until 10 MB can be freed` */
function waitingText({ records, bytes, needed }: NonNullable<CompactionReport['waiting']>): string {
  const what = records === null ? 'what has expired' : plural(records, 'record');
  const size = bytes === null ? '' : ` (${formatBytes(bytes)})`;
  const wait = records === null || records === 1 ? 'waits' : 'wait';
  return `${what}${size} ${wait} until ${needed === null ? 'enough' : formatBytes(needed)} can be freed`;
}

function numbers({ status, records, bytes }: CompactionReport, paint: Paint): string {
  const would = status === 'dry_run' ? 'would ' : '';
  const rows = [
    ['', paint.dim('records'), paint.dim('bytes'), ''],
    ['scanned', formatCount(records.scanned), formatBytes(bytes.before), ''],
    [
      would ? 'would drop' : 'dropped',
      formatCount(records.dropped),
      formatBytes(bytes.reclaimed),
      reasons(records.dropped_by),
    ],
    [would ? 'would keep' : 'kept', formatCount(records.kept), formatBytes(bytes.after), ''],
  ];
  if (records.appended) {
    const [count, size] = [formatCount(records.appended), formatBytes(bytes.appended)];
    rows.push(['appended', count, size, 'meanwhile']);
  }
  if (records.expired_left) {
    rows.push(['expired', formatCount(records.expired_left), '', 'left for a later run']);
  }
  if (records.unreadable) {
    const found = records.unreadable === 1 ? 'line found' : 'lines found';
    rows.push(['unreadable', formatCount(records.unreadable), '', found]);
  }
  if (records.undated) rows.push(['undated', formatCount(records.undated), '', 'among them']);
  return grid(rows, ['left', 'right', 'right', 'left']);
}

function reasons(by: CompactionReport['records']['dropped_by']): string {
  const words = [
    by.age ? `${formatCount(by.age)} by age` : '',
    by.count ? `${formatCount(by.count)} by count` : '',
    by.size ? `${formatCount(by.size)} by size` : '',
    by.free ? `${formatCount(by.free)} to free space` : '',
  ];
  const reasons = words.filter(Boolean);
  const line = reasons.join(', ');
  return line.length > REASON_COLUMNS ? reasons.join(',\n') : line;
}

function ruleOf({ policy, freeing }: CompactionReport): string {
  if (!freeing) return policyText(policy);
  const floor = formatAge(freeing.min_age_seconds);
  return `free ${formatBytes(freeing.bytes)} from the old end; keep what is younger than ${floor}`;
}

function details(report: CompactionReport, paint: Paint): string {
  const { files, bytes, method } = report;
  const would = report.status === 'dry_run' ? 'to be ' : '';
  const rows = [['policy', wrapped(ruleOf(report), DETAIL_COLUMNS)]];
  if (report.freeing) rows.push(['way', wrapped(printable(report.freeing.way), DETAIL_COLUMNS)]);
  if (files.rewritten !== null) {
    const collapsed = report.parts.filter(({ action }) => action === 'collapsed').length;
    const words = [
      collapsed ? `${collapsed} ${would}shortened in place` : '',
      files.rewritten
        ? `${files.rewritten} ${would}rewritten${method === 'clone' ? ', sharing blocks' : ''}`
        : '',
      files.removed ? `${files.removed} ${would}removed` : '',
      files.unchanged ? `${files.unchanged} unchanged` : '',
    ];
    rows.push(['files', wrapped(words.filter(Boolean).join(', ') || 'none', DETAIL_COLUMNS)]);
  }
  if (bytes.before !== null && bytes.reclaimed) {
    const share = formatShare(bytes.reclaimed, bytes.before);
    rows.push([
      'on disk',
      `${formatBytes(bytes.before)} → ${formatBytes(bytes.after)} (${share} less)`,
    ]);
  }
  if (report.archive !== null) rows.push(['archive', printable(report.archive)]);
  rows.push(['took', formatSeconds(report.duration_ms / 1000)]);
  const lines = rows.map(([key, value]) => [paint.dim(key!), value!]);
  return grid(lines, ['left', 'left']);
}

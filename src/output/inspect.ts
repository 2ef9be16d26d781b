// Shows what an inspection found, for a person.
import type { InspectionReport, Top, TopGroup } from '../report/inspection.js';
import { plural } from '../units/units.js';
import { grid } from './grid.js';
import type { Paint } from './paint.js';
import { policyText } from './policy.js';
import { cut, cutFront, formatBytes, formatCount, formatSeconds, formatShare, formatShortCount, printable } from './text.js'; // prettier-ignore
import { wrapped } from './wrap.js';

/** Of 80 columns, what is left beside a label, for the name of a part, and for a name that fills the store. */
const DETAIL_COLUMNS = 62;
const PART_COLUMNS = 24;
const NAME_COLUMNS = 28;
/** More parts, or leftovers, are not listed. */
const MOST_PARTS = 50;
const MOST_LEFTOVERS = 5;

/** The whole view: what is there, what would go, the parts, what fills it, and what is around it. */
export function inspectionText(report: InspectionReport, paint: Paint): string {
  const blocks = [headline(report, paint)];
  if (report.status !== 'no_op') {
    if (report.records.by_kind.length > 0) blocks.push(kinds(report, paint));
    if (report.top) blocks.push(top(report.top, report, paint));
    if (report.parts.length > 1) blocks.push(parts(report, paint));
    if (report.parts.some(({ groups }) => groups?.length)) blocks.push(groups(report, paint));
    blocks.push(details(report, paint));
  }
  return `${blocks.join('\n\n')}\n`;
}

/** A number of a sample is an estimate. */
type Form = (text: string) => string;

function formOf({ sample }: InspectionReport): Form {
  return (text) => (sample === null || text === '?' ? text : `~${text}`);
}

function headline(report: InspectionReport, paint: Paint): string {
  const target = paint.bold(printable(report.target ?? report.backend));
  if (report.status === 'no_op') return `Nothing to inspect in ${target}.`;
  if (report.status === 'best_effort') return `Inspected ${target}, as far as its backend tells.`;
  const { sample } = report;
  if (sample === null) return `Inspected ${target}: everything was read.`;
  const share = `${sample.share_percent < 0.1 ? '< 0.1' : sample.share_percent.toFixed(1)} %`;
  return [
    `Inspected ${target}: ${paint.yellow(`a sample was read, ${share} of the ${sample.unit}`)}.`,
    indented(sample.how),
    indented('numbers marked ~ are estimates; --full reads everything'),
  ].join('\n');
}

function indented(text: string): string {
  return `  ${wrapped(text, DETAIL_COLUMNS + 14).replaceAll('\n', '\n  ')}`;
}

function kinds(report: InspectionReport, paint: Paint): string {
  const about = formOf(report);
  const head = ['records', 'count', 'bytes', 'oldest (UTC)', 'newest (UTC)'];
  const rows = report.records.by_kind.map(({ kind, records, bytes, oldest, newest }) => [
    kind,
    about(formatCount(records)),
    about(formatBytes(bytes)),
    minute(oldest),
    minute(newest),
  ]);
  return table(head, rows, ['left', 'right', 'right', 'left', 'left'], paint);
}

function parts({ parts: all, ...report }: InspectionReport, paint: Paint): string {
  const about = formOf({ ...report, parts: all });
  const isRedis = report.backend === 'redis';
  const head = [isRedis ? 'stream' : 'file', 'records', 'size', isRedis ? 'memory' : 'on disk', 'from–to (UTC)']; // prettier-ignore
  const rows = all.slice(0, MOST_PARTS).map(({ name, records, bytes, allocated, oldest, newest }) => [
    cutFront(printable(name), PART_COLUMNS),
    isRedis ? formatShortCount(records) : about(formatShortCount(records)),
    isRedis ? about(formatBytes(bytes)) : formatBytes(bytes),
    formatBytes(allocated),
    oldest && newest ? `${day(oldest)}–${day(newest)}` : '',
  ]); // prettier-ignore
  const text = table(head, rows, ['left', 'right', 'right', 'right', 'left'], paint);
  return all.length > MOST_PARTS ? `${text}\n  and ${all.length - MOST_PARTS} more: see --json` : text; // prettier-ignore
}

function groups({ parts: all }: InspectionReport, paint: Paint): string {
  const head = ['consumer group', 'stream', 'consumers', 'pending', 'lag'];
  const rows = all.flatMap(({ name, groups: of = [] }) =>
    of.map((group) => [
      cut(printable(group.name), PART_COLUMNS - 2),
      cutFront(printable(name), PART_COLUMNS - 2),
      formatCount(group.consumers),
      formatShortCount(group.pending),
      formatShortCount(group.lag),
    ]),
  );
  return table(head, rows.slice(0, MOST_PARTS), ['left', 'left', 'right', 'right', 'right'], paint);
}

function top({ by, groups: largest, others, growth_days, names }: Top, report: InspectionReport, paint: Paint): string {
  const about = formOf(report);
  const head = [by, 'count', 'bytes', 'share', 'per day'];
  const numbers = ({ records, bytes, share_percent, bytes_per_day }: Top['others']) => [
    about(formatShortCount(records)),
    about(formatBytes(bytes)),
    about(`${share_percent.toFixed(1)} %`),
    bytes_per_day === null ? '–' : about(formatBytes(bytes_per_day)),
  ];
  const rows = largest.map((group) => [nameOf(group, by), ...numbers(group)]);
  if (others.records > 0) {
    const more = names === null ? '' : ` (${formatCount(names - largest.length)})`;
    rows.push([`others${more}`, ...numbers(others)]);
  }
  const growth = growth_days === null
    ? 'the records are of less than an hour: too short to say how they grow'
    : `growth per day: of the newest ${growth_days >= 1 ? plural(Number(growth_days.toFixed(1)), 'day') : `${(24 * growth_days).toFixed(1)} hours`}`;
  return `${table(head, rows, ['left', 'right', 'right', 'right', 'right'], paint)}\n  ${paint.dim(growth)}`;
} // prettier-ignore

/** `ActorStarted`, `dead_letter PaymentRequest`, `audit (none)`. */
function nameOf({ kind, name }: TopGroup, by: Top['by']): string {
  const text = name === null ? '(none)' : printable(name);
  const words =
    by === 'type' && kind !== 'event' ? `${printable(kind ?? '(no kind)')} ${text}` : text;
  return cut(words, NAME_COLUMNS);
}

function details(report: InspectionReport, paint: Paint): string {
  const { records, bytes, policy, last_compaction: last } = report;
  const about = formOf(report);
  const rows: [string, string][] = [['policy', policyText(policy)]];
  rows.push(['would go now', expiredText(report)]);
  if (records.total !== null) {
    const odd = [
      `${about(formatCount(records.unreadable))} unreadable`,
      `${about(formatCount(records.undated))} undated`,
      records.future ? `${about(formatCount(records.future))} dated more than a day ahead` : '',
    ];
    rows.push(['records', `${about(formatCount(records.total))}; ${odd.filter(Boolean).join(', ')}`]); // prettier-ignore
  }
  if (bytes.total !== null) rows.push(['size', sizeText(report)]);
  rows.push(['last compaction', last ? lastText(last) : 'none is known']);
  if (report.status === 'inspected' && report.backend !== 'redis') rows.push(['leftovers', leftoversText(report)]); // prettier-ignore
  rows.push(['took', formatSeconds(report.duration_ms / 1000)]);
  return grid(
    rows.map(([key, value]) => [paint.dim(key), wrapped(value, DETAIL_COLUMNS)]),
    ['left', 'left'],
  );
}

function expiredText(report: InspectionReport): string {
  const { expired } = report;
  const about = formOf(report);
  if (expired?.records == null) return 'not known';
  if (expired.records === 0) return 'nothing';
  const { age, count, size } = expired.by;
  const reasons = [
    age ? `${about(formatCount(age))} by age` : '',
    count ? `${about(formatCount(count))} by count` : '',
    size ? `${about(formatCount(size))} by size` : '',
  ];
  const amount = expired.bytes === null ? '' : ` (${about(formatBytes(expired.bytes))})`;
  return `${about(plural(expired.records, 'record'))}${amount}: ${reasons.filter(Boolean).join(', ')}`; // prettier-ignore
}

function sizeText(report: InspectionReport): string {
  const { total, allocated, unterminated } = report.bytes;
  const isRedis = report.backend === 'redis';
  const size = isRedis ? formOf(report)(formatBytes(total)) : formatBytes(total);
  const words = [
    isRedis ? `${size} of data` : size,
    allocated === null ? '' : `${formatBytes(allocated)} ${isRedis ? 'of memory' : 'on the disk'}`,
    unterminated ? `${plural(unterminated, 'byte')} behind the last newline` : '',
  ];
  return words.filter(Boolean).join('; ');
}

function lastText(last: NonNullable<InspectionReport['last_compaction']>): string {
  const { started_at, status, records, bytes } = last;
  const freed = bytes.reclaimed === null ? '' : `, ${formatBytes(bytes.reclaimed)} reclaimed`;
  const share = records.scanned ? ` (${formatShare(records.dropped ?? 0, records.scanned)})` : '';
  return printable(`${started_at}, ${status}: ${plural(records.dropped, 'record')} dropped${share}${freed}`); // prettier-ignore
}

function leftoversText({ leftovers }: InspectionReport): string {
  if (leftovers.length === 0) return 'none';
  const shown = leftovers.slice(0, MOST_LEFTOVERS).map(({ name, of }) => `${printable(name)} (of ${of === 'papyra' ? 'a killed run' : "the runtime's maintenance"})`); // prettier-ignore
  const more = leftovers.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function table(
  head: string[],
  rows: string[][],
  align: ('left' | 'right')[],
  paint: Paint,
): string {
  return grid([head.map((word) => paint.dim(word)), ...rows], align);
}

/** `2026-11-22 05:00` */
function minute(iso: string | null): string {
  return iso === null ? '–' : iso.slice(0, 16).replace('T', ' ');
}

/** `11-22 05:00` */
function day(iso: string): string {
  return iso.slice(5, 16).replace('T', ' ');
}

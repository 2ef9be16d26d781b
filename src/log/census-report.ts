// Puts what was counted of records into the words of a report.
import { KINDS, type CensusSums } from '../records/census.js';
import type { Group } from '../records/groups.js';
import type { Grouping } from '../records/names.js';
import type { InspectedKind, StoreInspection, Top } from '../report/inspection.js';
import type { Span } from './recent.js';

/** ISO 8601, UTC; null for what no calendar shows. */
export function isoOrNull(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** What is counted as `other` is left out where there is none. */
export function kindsOf({ kinds }: CensusSums): InspectedKind[] {
  return KINDS.filter((kind) => kind !== 'other' || kinds[kind].records > 0).map((kind) => {
    const { records, bytes, oldest, newest } = kinds[kind];
    return {
      kind,
      records: Math.round(records),
      bytes: Math.round(bytes),
      oldest: isoOrNull(oldest),
      newest: isoOrNull(newest),
    };
  });
}

export function timesOf({ kinds }: CensusSums): Pick<StoreInspection['records'], 'oldest' | 'newest'> {
  const all = KINDS.map((kind) => kinds[kind]);
  return {
    oldest: isoOrNull(Math.min(...all.map(({ oldest }) => oldest))),
    newest: isoOrNull(Math.max(...all.map(({ newest }) => newest))),
  };
} // prettier-ignore

/** The largest `limit` groups. `recent`: the newest part of the store; null: too short to say how it grows. */
export function topOf(
  sums: CensusSums,
  { by, limit, recent }: { by: Grouping; limit: number; recent: Span | null },
): Top {
  const { groups, dropped, isCut } = sums.names!;
  const total = KINDS.reduce((sum, kind) => sum + sums.kinds[kind].bytes, 0);
  const days = recent && (recent.to - recent.from) / 86_400;
  const numbers = ({ records, bytes, recent: bytesRecent }: Pick<Group, 'records' | 'bytes' | 'recent'>) => ({
    records: Math.round(records),
    bytes: Math.round(bytes),
    share_percent: total === 0 ? 0 : (100 * bytes) / total,
    bytes_per_day: days === null ? null : Math.round(bytesRecent / days),
  }); // prettier-ignore
  const ordered = [...groups].sort((one, other) => other.bytes - one.bytes || byName(one, other));
  const others = { ...dropped };
  for (const { records, bytes, recent: bytesRecent } of ordered.slice(limit)) {
    others.records += records;
    others.bytes += bytes;
    others.recent += bytesRecent;
  }
  return {
    by,
    groups: ordered.slice(0, limit).map((group) => ({
      kind: group.kind,
      name: group.name,
      ...numbers(group),
      missed_bytes: Math.round(group.missed),
    })),
    others: numbers(others),
    names: isCut ? null : groups.length,
    growth_days: days,
  };
}

function byName(one: Group, other: Group): number {
  const [a, b] = [one, other].map(({ kind, name }) => `${kind ?? ''} ${name ?? ''}`) as [string, string]; // prettier-ignore
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A word about names that were too many to remember. */
export function topWarnings(top: Top | null): string[] {
  if (top?.names !== null) return [];
  return [
    `there are more names than papyra remembers: the smallest were added to the others; a listed one may have a few bytes more (missed_bytes)`,
  ];
}

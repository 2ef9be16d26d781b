// Adds up what readable records are: by kind with their time range, and by name.
import type { FieldReader } from './fields.js';
import { Groups, type Group, type GroupSums } from './groups.js';
import type { Grouping } from './names.js';

/** The kinds of record that the runtime writes; others count together. */
export const KINDS = ['event', 'audit', 'dead_letter', 'other'] as const;

export type Kind = (typeof KINDS)[number];

export interface KindSum {
  records: number;
  bytes: number;
  /** Seconds since 1970; infinite: none is dated. */
  oldest: number;
  newest: number;
}

/** The names to count by, and what counts as the newest part: seconds since 1970, both belong to it. */
export interface GroupingRequest {
  by: Grouping;
  recent: { from: number; to: number };
  /** Called when names were dropped because there were too many: much garbage has been made. */
  onDrop: () => void;
}

/** What a number of records comes to. */
export interface CensusSums {
  kinds: Record<Kind, KindSum>;
  /** null: was not asked for. */
  names: GroupSums | null;
}

const KIND_TEXTS: Record<string, Kind> = {
  '"event"': 'event',
  '"audit"': 'audit',
  '"dead_letter"': 'dead_letter',
};

export class Census {
  readonly #kinds = blankKinds();
  readonly #groups: Groups | null;
  readonly #recent: GroupingRequest['recent'];

  constructor(grouping: GroupingRequest | null) {
    this.#groups = grouping && new Groups(grouping.by, grouping.onDrop);
    this.#recent = grouping?.recent ?? { from: Infinity, to: -Infinity };
  }

  /** Counts one readable record. `otherwise`: its time where it has none of its own, in seconds since 1970. */
  add(record: FieldReader, bytes: number, otherwise = NaN): void {
    const text = record.text('kind') ?? '';
    const sum = this.#kinds[KIND_TEXTS[text] ?? kindOf(text)];
    // A text or an object is no number, nor is `null`.
    const own = Number(record.text('timestamp') ?? NaN);
    const time = Number.isFinite(own) ? own : otherwise;
    sum.records += 1;
    sum.bytes += bytes;
    if (time < sum.oldest) sum.oldest = time;
    if (time > sum.newest) sum.newest = time;
    if (!this.#groups) return;
    const { from, to } = this.#recent;
    this.#groups.add(record, text, bytes, time >= from && time <= to);
  }

  sums(): CensusSums {
    return { kinds: this.#kinds, names: this.#groups?.sums() ?? null };
  }
}

/** A kind may be written with escapes. */
function kindOf(text: string): Kind {
  if (!text.includes('\\')) return 'other';
  return KIND_TEXTS[JSON.stringify(JSON.parse(text))] ?? 'other';
}

function blankKinds(): Record<Kind, KindSum> {
  const blank = (): KindSum => ({ records: 0, bytes: 0, oldest: Infinity, newest: -Infinity });
  return Object.fromEntries(KINDS.map((kind) => [kind, blank()])) as Record<Kind, KindSum>;
}

/** Adds a sample to what was counted, so many times. */
export function combined(all: CensusSums, sample: CensusSums, times: number): CensusSums {
  const kinds = Object.fromEntries(
    KINDS.map((kind) => {
      const [one, other] = [all.kinds[kind], sample.kinds[kind]];
      return [
        kind,
        {
          records: one.records + other.records * times,
          bytes: one.bytes + other.bytes * times,
          oldest: Math.min(one.oldest, other.oldest),
          newest: Math.max(one.newest, other.newest),
        },
      ];
    }),
  ) as Record<Kind, KindSum>;
  if (!all.names || !sample.names) return { kinds, names: null };
  return { kinds, names: combinedNames(all.names, sample.names, times) };
}

function combinedNames(all: GroupSums, sample: GroupSums, times: number): GroupSums {
  const key = ({ kind, name }: Group) => JSON.stringify([kind, name]);
  const groups = new Map(all.groups.map((group) => [key(group), { ...group }]));
  for (const group of sample.groups) {
    const scaled = times_(group, times);
    const known = groups.get(key(group));
    if (!known) {
      groups.set(key(group), { ...group, ...scaled, missed: group.missed * times });
      continue;
    }
    known.records += scaled.records;
    known.bytes += scaled.bytes;
    known.recent += scaled.recent;
    known.missed += group.missed * times;
  }
  const more = times_(sample.dropped, times);
  return {
    groups: [...groups.values()],
    dropped: {
      records: all.dropped.records + more.records,
      bytes: all.dropped.bytes + more.bytes,
      recent: all.dropped.recent + more.recent,
    },
    isCut: all.isCut || sample.isCut,
  };
}

function times_({ records, bytes, recent }: GroupSums['dropped'], times: number) {
  return { records: records * times, bytes: bytes * times, recent: recent * times };
}

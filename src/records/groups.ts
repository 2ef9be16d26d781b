// Adds up records by name, however many names there are, in bounded memory.
import { nameOf, nameText, type Grouping } from './names.js';
import type { FieldReader } from './fields.js';

/** Records of one name. */
export interface Group {
  /** null: of more than one kind, or of none. */
  kind: string | null;
  /** null: the records have no such field. */
  name: string | null;
  records: number;
  bytes: number;
  /** Bytes of the records that are dated in the newest part of the store. */
  recent: number;
  /** So many bytes may be missing, because the group had been dropped before. */
  missed: number;
}

export type GroupTotals = Pick<Group, 'records' | 'bytes' | 'recent'>;

/** All groups that are known, and the sum of those that were dropped. */
export interface GroupSums {
  groups: Group[];
  dropped: GroupTotals;
  /** Whether some had to be dropped. */
  isCut: boolean;
}

/** So many names are kept at a time. */
export const MAX_GROUPS = 50_000;

/**
 * When there are too many names, the half with fewer bytes is dropped into one sum. A name that comes back is counted
 * anew; what it may have lost by that is known: the bytes of the largest group that was dropped, each time.
 */
export class Groups {
  readonly #by: Grouping;
  readonly #most: number;
  /** By kind and name. */
  #groups = new Map<string, Group>();
  /** The same by the texts of the record: most come again and again, and need not be decoded. */
  readonly #byText = new Map<string, Map<string, Group>>();
  #texts = 0;
  readonly #dropped: GroupTotals = { records: 0, bytes: 0, recent: 0 };
  #missed = 0;

  constructor(by: Grouping, most = MAX_GROUPS) {
    this.#by = by;
    this.#most = most;
  }

  /** `kind`: the JSON text of the record's kind. */
  add(record: FieldReader, kind: string, bytes: number, isRecent: boolean): void {
    const group = this.#find(kind, nameText(this.#by, kind, record));
    group.records += 1;
    group.bytes += bytes;
    if (isRecent) group.recent += bytes;
  }

  sums(): GroupSums {
    return {
      groups: [...this.#groups.values()],
      dropped: this.#dropped,
      isCut: this.#missed > 0,
    };
  }

  #find(kind: string, text: string): Group {
    let known = this.#byText.get(kind);
    const found = known?.get(text);
    if (found) return found;
    const group = this.#group(kind, text);
    if (this.#texts >= this.#most) this.#forgetTexts();
    known = this.#byText.get(kind);
    if (!known) this.#byText.set(kind, (known = new Map<string, Group>()));
    known.set(text, group);
    this.#texts += 1;
    return group;
  }

  #group(kindText: string, text: string): Group {
    const kind = this.#by === 'actor' ? null : nameOf(kindText);
    const name = nameOf(text);
    const key = JSON.stringify([kind, name]);
    let group = this.#groups.get(key);
    if (!group) {
      if (this.#groups.size >= this.#most) this.#drop();
      group = { kind, name, records: 0, bytes: 0, recent: 0, missed: this.#missed };
      this.#groups.set(key, group);
    }
    return group;
  }

  #drop(): void {
    const largestFirst = [...this.#groups].sort(([, one], [, other]) => other.bytes - one.bytes);
    const kept = Math.floor(this.#most / 2);
    for (const [, { records, bytes, recent }] of largestFirst.slice(kept)) {
      this.#dropped.records += records;
      this.#dropped.bytes += bytes;
      this.#dropped.recent += recent;
    }
    this.#missed += largestFirst[kept]![1].bytes;
    this.#groups = new Map(largestFirst.slice(0, kept));
    this.#forgetTexts();
  }

  #forgetTexts(): void {
    this.#byText.clear();
    this.#texts = 0;
  }
}

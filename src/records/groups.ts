// Adds up records by name, however many names there are, in bounded memory.
import { cutText, nameOf, nameText, type Grouping } from './names.js';
import type { FieldReader } from './fields.js';

export interface GroupTotals {
  records: number;
  bytes: number;
  /** Bytes of the records that are dated in the newest part of the store. */
  recent: number;
}

/** Records of one name. */
export interface Group extends GroupTotals {
  /** null: of more than one kind, or of none. */
  kind: string | null;
  /** null: the records have no such field. */
  name: string | null;
  /** So many bytes may be missing, because the group had been dropped before. */
  missed: number;
}

/** All groups that are known, and the sum of those that were dropped. */
export interface GroupSums {
  groups: Group[];
  dropped: GroupTotals;
  /** Whether some had to be dropped. */
  isCut: boolean;
}

type Counted = GroupTotals & Pick<Group, 'missed'>;

/** So many names are kept at a time, and so many characters of them. */
export interface Room {
  names: number;
  characters: number;
}

const ROOM: Room = { names: 20_000, characters: 3 << 19 };

/**
 * Groups are kept by the texts that are in the records; names are made of them at the end. When there are too many, the
 * half with fewer bytes is dropped into one sum. A name that comes back is counted anew; what it may have lost by that
 * is known: the bytes of the largest group that was dropped, each time.
 */
export class Groups {
  readonly #by: Grouping;
  readonly #onDrop: () => void;
  readonly #room: Room;
  /** By the text of the kind, then by that of the name. */
  readonly #groups = new Map<string, Map<string, Counted>>();
  #names = 0;
  #characters = 0;
  readonly #dropped: GroupTotals = { records: 0, bytes: 0, recent: 0 };
  #missed = 0;

  /** `onDrop`: much garbage has been made. */
  constructor(by: Grouping, onDrop: () => void, room = ROOM) {
    this.#by = by;
    this.#onDrop = onDrop;
    this.#room = room;
  }

  /** `kind`: the JSON text of the record's kind. */
  add(record: FieldReader, kind: string, bytes: number, isRecent: boolean): void {
    const group = this.#find(this.#by === 'actor' ? '' : cutText(kind), nameText(this.#by, kind, record)); // prettier-ignore
    group.records += 1;
    group.bytes += bytes;
    if (isRecent) group.recent += bytes;
  }

  /** One name may be spelt in more than one way. */
  sums(): GroupSums {
    const found = new Map<string | null, Map<string | null, Group>>();
    for (const { kindText, text, group } of this.#all()) {
      const [kind, name] = [this.#by === 'actor' ? null : nameOf(kindText), nameOf(text)];
      const ofKind = found.get(kind) ?? new Map<string | null, Group>();
      found.set(kind, ofKind);
      const known = ofKind.get(name);
      if (!known) {
        ofKind.set(name, { kind, name, ...group });
        continue;
      }
      for (const what of ['records', 'bytes', 'recent', 'missed'] as const) known[what] += group[what]; // prettier-ignore
    }
    const groups = [...found.values()].flatMap((ofKind) => [...ofKind.values()]);
    return { groups, dropped: this.#dropped, isCut: this.#missed > 0 };
  }

  #find(kindText: string, text: string): Counted {
    const found = this.#groups.get(kindText)?.get(text);
    if (found) return found;
    const characters = text.length + kindText.length;
    const { names, characters: most } = this.#room;
    if (this.#names >= names || this.#characters + characters > most) this.#drop();
    const group = { records: 0, bytes: 0, recent: 0, missed: this.#missed };
    this.#put(kindText, text, group);
    return group;
  }

  #put(kindText: string, text: string, group: Counted): void {
    let ofKind = this.#groups.get(kindText);
    if (!ofKind) this.#groups.set(kindText, (ofKind = new Map<string, Counted>()));
    ofKind.set(text, group);
    this.#names += 1;
    this.#characters += text.length + kindText.length;
  }

  *#all(): Generator<{ kindText: string; text: string; group: Counted }> {
    for (const [kindText, ofKind] of this.#groups) {
      for (const [text, group] of ofKind) yield { kindText, text, group };
    }
  }

  #drop(): void {
    const largestFirst = [...this.#all()].sort((one, other) => other.group.bytes - one.group.bytes);
    const kept = Math.floor(largestFirst.length / 2);
    this.#groups.clear();
    this.#names = 0;
    this.#characters = 0;
    for (const { kindText, text, group } of largestFirst.slice(0, kept)) this.#put(kindText, text, group); // prettier-ignore
    for (const { group } of largestFirst.slice(kept)) {
      this.#dropped.records += group.records;
      this.#dropped.bytes += group.bytes;
      this.#dropped.recent += group.recent;
    }
    this.#missed += largestFirst[kept]?.group.bytes ?? 0;
    largestFirst.length = 0;
    this.#onDrop();
  }
}

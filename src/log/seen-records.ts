// Tells which records were in an earlier archive: a run that was killed leaves them in two archives, or in one and in the store.
import { crc32 } from 'node:zlib';

/** Entries of a generation; two of them are kept, some 20 MB in all. */
const ENTRIES = 1 << 18;
const SLOTS = ENTRIES * 2;

/**
 * Remembers records by 53 bits of their bytes, and how often each was there. A record is known as often as it was in any one
 * archive before: twice the same record in one archive are two records. The last 260,000, at least, are remembered; what was
 * archived twice further apart is listed twice.
 */
export class SeenRecords {
  #young = new Generation();
  #old: Generation | undefined;
  /** The number of the archive, or of the pass over the store. */
  #source = 0;

  /** From now on records are of the next archive. */
  nextArchive(): void {
    this.#source += 1;
  }

  /** Takes a record of an archive; returns whether it was in an earlier one. `place`: where else it would be another. */
  take(bytes: Buffer, place = ''): boolean {
    const key = keyOf(bytes, place);
    if (this.#young.has(key)) return this.#young.take(key, this.#source);
    if (this.#old?.has(key)) return this.#old.take(key, this.#source);
    if (this.#young.entries >= ENTRIES) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    return this.#young.take(key, this.#source);
  }

  /** For one pass over the store: whether a record of it was in an archive. */
  passOverStore(): (bytes: Buffer, place?: string) => boolean {
    this.#source += 1;
    return (bytes, place = '') => {
      const key = keyOf(bytes, place);
      const holder = [this.#young, this.#old].find((one) => one?.has(key));
      return holder?.look(key, this.#source) ?? false;
    };
  }
}

function keyOf(bytes: Buffer, place: string): number {
  const seed = place === '' ? 0 : crc32(place);
  // Zero is a free slot.
  return 1 + crc32(bytes, seed) * 2 ** 20 + (crc32(bytes.subarray(bytes.length >> 1)) % 2 ** 20);
}

class Generation {
  entries = 0;
  readonly #keys = new Float64Array(SLOTS);
  /** How often it was in any one archive at most. */
  readonly #most = new Uint16Array(SLOTS);
  /** How often in the source of now, and which that is. */
  readonly #now = new Uint16Array(SLOTS);
  readonly #source = new Uint16Array(SLOTS);

  has(key: number): boolean {
    return this.#keys[this.#slot(key)] === key;
  }

  take(key: number, source: number): boolean {
    const slot = this.#slot(key);
    if (this.#keys[slot] === 0) {
      this.#keys[slot] = key;
      this.entries += 1;
    }
    const known = this.#count(slot, source);
    this.#most[slot] = Math.max(this.#most[slot]!, this.#now[slot]!);
    return known;
  }

  look(key: number, source: number): boolean {
    return this.#count(this.#slot(key), source);
  }

  #count(slot: number, source: number): boolean {
    const tag = source % 65_536;
    if (this.#source[slot] !== tag) this.#now[slot] = 0;
    this.#source[slot] = tag;
    if (this.#now[slot]! < 65_535) this.#now[slot]! += 1;
    return this.#now[slot]! <= this.#most[slot]!;
  }

  #slot(key: number): number {
    let slot = key % SLOTS;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) % SLOTS;
    return slot;
  }
}

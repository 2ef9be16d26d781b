import { createHash } from 'node:crypto';

/** A small seeded generator (mulberry32): the same seed gives the same run on every machine. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }
}

/**
 * The seed of a test: PAPYRA_SEED to repeat one. Otherwise the long form draws a new one each time, to find what is not
 * known yet; the short form has the same one always, so that it judges a change and not the day. Printed either way.
 */
export function testSeed(what: string): number {
  const given = process.env['PAPYRA_SEED'];
  const seed = Number(given ?? (process.env['PAPYRA_SOAK'] === '1' ? Date.now() % 2 ** 31 : seedOf(what))); // prettier-ignore
  console.log(`${what}: PAPYRA_SEED=${seed}`);
  return seed;
}

const seedOf = (what: string): number => createHash('sha256').update(what).digest().readUInt32BE() >>> 1; // prettier-ignore

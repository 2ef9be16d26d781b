// Compacts the stores of a file system that has too little free, and removes more than retention asks for if need be.
//
// 1. Compact each store as its retention says, the largest first, until there is enough.
// 2. Let the oldest records go, as with --free: none that is younger than the --min-age of that flag by default.
// 3. When that was not enough, say so once, and try again after pauses that double: records come of age meanwhile.
import type { CompactOptions } from '../index.js';
import type { PapyraError } from '../errors/errors.js';
import { formatBytes } from '../output/text.js';
import type { Amount } from '../units/units.js';
import { spaceAt, type Place, type Space } from './free-space.js';
import type { ServiceEvents } from './service.js';
import type { Tended } from './tended.js';

export interface PressureOptions {
  minFree: Amount;
  events: ServiceEvents;
  /** Returns why it failed. */
  compact: (store: Tended, how?: CompactOptions) => Promise<PapyraError | undefined>;
  signal: AbortSignal;
}

/** The pause after the first attempt that was not enough; it doubles each time. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

/** Attempts that were not enough. */
interface Short {
  attempts: number;
  /** When to try again, in milliseconds of the monotonic clock. */
  next: number;
}

export class Pressure {
  readonly #options: PressureOptions;
  /** By device. */
  readonly #short = new Map<number, Short>();

  constructor(options: PressureOptions) {
    this.#options = options;
  }

  /** Looks at the file system of each store, and does what can be done where space is short. */
  async relieve(stores: readonly Tended[], now: number): Promise<void> {
    for (const [device, here] of byDevice(stores)) {
      if (this.#options.signal.aborted) return;
      const { next = 0 } = this.#short.get(device) ?? {};
      if (now >= next) await this.#look(device, here, now);
    }
  }

  async #look(device: number, stores: Tended[], now: number): Promise<void> {
    const { events } = this.#options;
    const place = stores[0]!.place!;
    const before = await this.#space(place);
    if (lacking(before) === 0) {
      this.#wellAgain(device, place, before);
      return;
    }
    const { attempts = 0 } = this.#short.get(device) ?? {};
    if (attempts === 0) events.warn(`${place.directory} has ${formatBytes(before.free)} free, less than the ${formatBytes(before.wanted)} of --min-free: compacting`); // prettier-ignore
    const { space: after, why } = await this.#compactAll(place, stores);
    if (lacking(after) === 0) {
      this.#wellAgain(device, place, after);
      return;
    }
    if (attempts === 0) events.warn(`${place.directory} still has only ${formatBytes(after.free)} free, and no more can go now${why.length > 0 ? `; ${why[0]!}` : ''}`); // prettier-ignore
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS);
    this.#short.set(device, { attempts: attempts + 1, next: now + pause });
  }

  /** First what retention allows, of all stores; then the oldest records of one store after the other, until there is enough. */
  async #compactAll(place: Place, stores: Tended[]): Promise<{ space: Space; why: string[] }> {
    const { compact, signal } = this.#options;
    // The largest first: what it gives is the smallest part of it.
    const bySize = stores.toSorted((one, other) => sizeOf(other) - sizeOf(one));
    const ways = [(store: Tended) => compact(store), (store: Tended, bytes: number) => this.#free(store, bytes)]; // prettier-ignore
    let why: string[] = [];
    for (const way of ways) {
      why = [];
      for (const store of bySize) {
        const space = await this.#space(place);
        if (lacking(space) === 0 || signal.aborted) return { space, why };
        const error = await way(store, lacking(space));
        if (error) why.push(error.message);
      }
    }
    return { space: await this.#space(place), why };
  }

  /** Frees so many bytes of a store, or as many as can be. */
  async #free(store: Tended, bytes: number): Promise<PapyraError | undefined> {
    const { compact } = this.#options;
    const error = await compact(store, { free: bytes });
    if (error?.freeable) await compact(store, { free: error.freeable });
    return error;
  }

  #wellAgain(device: number, place: Place, { free }: Space): void {
    if (!this.#short.delete(device)) return;
    this.#options.events.note(`${place.directory} has ${formatBytes(free)} free again`);
  }

  /** A file system that does not answer is none that is short: the runs of its stores tell what is wrong. */
  async #space(place: Place): Promise<Space> {
    return spaceAt(place, this.#options.minFree).catch(() => ({ free: 0, wanted: 0 }));
  }
}

function lacking({ free, wanted }: Space): number {
  return Math.max(0, wanted - free);
}

function sizeOf({ metrics }: Tended): number {
  return metrics?.disk_usage_bytes ?? 0;
}

function byDevice(stores: readonly Tended[]): Map<number, Tended[]> {
  const devices = new Map<number, Tended[]>();
  for (const store of stores) {
    if (!store.place) continue;
    const others = devices.get(store.place.device) ?? [];
    devices.set(store.place.device, [...others, store]);
  }
  return devices;
}

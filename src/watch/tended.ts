// Remembers of one store when its next run is due, and how the last ones went.
import { dirname } from 'node:path';
import type { PapyraError } from '../errors/errors.js';
import type { StoreMetrics, System } from '../index.js';
import { placeOf, type Place } from './free-space.js';
import type { WatchedStore } from './stores.js';
import { intervalFor, nextOnGrid, retryAfter } from './timing.js';

/** Failures in a row. */
export interface Failing {
  /** The last of them. */
  error: PapyraError;
  times: number;
  /** Milliseconds since 1970. */
  since: number;
}

export class Tended {
  /** When the next run is due, in milliseconds of the monotonic clock. */
  due: number;
  failing: Failing | null = null;
  /** The metrics after the last run; undefined: there was none yet. */
  metrics: StoreMetrics | undefined;
  /** The file system of the store; undefined: not known yet, or it has no files. */
  place: Place | undefined;
  /** One of the times at which regular runs are due. */
  #grid: number;
  #everyMs: number;

  /** `everyMs`: until the store has been opened. */
  constructor(
    public store: WatchedStore,
    now: number,
    everyMs: number,
  ) {
    this.due = this.#grid = now;
    this.#everyMs = everyMs;
  }

  /** Takes in what an opened store says of itself. `everyMs`: how often it is to be compacted. */
  async learn({ config, store }: System, everyMs: number): Promise<void> {
    this.#everyMs = intervalFor(config.store.backend, everyMs);
    if (!('path' in config.store) || store.target === null) return;
    this.place = await placeOf(dirname(store.target)).catch(() => undefined);
  }

  /** Metrics that cannot be read are those of before: the runs tell what is wrong. */
  async readMetrics({ config: { label }, metrics }: System): Promise<void> {
    const report = await metrics.read().catch(() => undefined);
    // The last report may be long, and is not needed.
    if (report) this.metrics = { ...report, last_compaction: null, ...(label !== undefined && { store: label }) }; // prettier-ignore
  }

  /** Returns the failures that are over now; null: there were none. */
  succeeded(now: number): Failing | null {
    this.#grid = this.due = nextOnGrid(this.#grid, this.#everyMs, now);
    const over = this.failing;
    this.failing = null;
    return over;
  }

  failed(error: PapyraError, now: number): Failing {
    const { times = 0, since = Date.now() } = this.failing ?? {};
    this.failing = { error, times: times + 1, since };
    this.#grid = nextOnGrid(this.#grid, this.#everyMs, now);
    this.due = now + retryAfter(this.failing.times, this.#everyMs);
    return this.failing;
  }
}

// Runs the service: compacts each store when it is due, one run at a time, until it is asked to stop.
//
// One loop does everything, so that nothing overlaps. Its turn is the most urgent of these:
// 1. Read the configuration anew, when a signal has asked for it. A broken one is refused, and the old one stays.
// 2. See which stores there are, for a glob may match others than before.
// 3. Where a file system has too little free, compact its stores (pressure.ts).
// 4. Compact the store that has been due for longest.
// 5. Wait until the next of these is due.
// A run that is on is never cut short but by a stop, which it obeys at its next safe point. A kill leaves what it leaves
// to the command `compact`: the next run of the store mends it.
import { PapyraError } from '../errors/errors.js';
import { asPapyraError } from '../errors/exit-codes.js';
import type { CompactionReport, CompactOptions, StoreMetrics, System } from '../index.js';
import { monotonicMs } from '../units/clock.js';
import { collectGarbage } from '../units/collector.js';
import type { Amount } from '../units/units.js';
import { Alarm } from './alarm.js';
import { healthOf, type Health, type Signs } from './health.js';
import type { Notifier } from './notify.js';
import { Pressure } from './pressure.js';
import type { Label, StoreSource } from './stores.js';
import { Tended, type Failing } from './tended.js';

export interface ServiceOptions {
  /** Reads the configuration. */
  load: () => Promise<StoreSource>;
  /** How often a store is compacted, in milliseconds; undefined: as its retention asks for. */
  everyMs: number | undefined;
  everyMsOf: (system: System) => number;
  minFree: Amount | undefined;
  notifier: Notifier;
  events: ServiceEvents;
  /** Asks for a stop at the next safe point. */
  signal: AbortSignal;
}

/** What the service tells; `label` is the name of a store. */
export interface ServiceEvents {
  ran(label: Label, report: CompactionReport): void;
  failed(label: Label, failing: Failing): void;
  recovered(label: Label, over: Failing): void;
  warn(message: string): void;
  note(message: string): void;
}

/** How often the service looks which stores there are, at most and at least, and how much is free. */
const LOOK_FOR_STORES_MS = { least: 1000, most: 60_000 };
const LOOK_AT_SPACE_MS = 3000;
/** How often the textfile is written at least, while one store after the other is compacted. */
const PUBLISH_MS = 10_000;
/** Until a store has been opened. */
const UNKNOWN_EVERY_MS = 60_000;
/** A run by hand often ends within this time. */
const LOCK_WAIT_MS = 1000;

export class Service {
  readonly #options: ServiceOptions;
  readonly #alarm = new Alarm();
  readonly #pressure: Pressure | undefined;
  #source: StoreSource | undefined;
  /** By label. */
  #tended = new Map<Label, Tended>();
  #reloadAsked = false;
  #lookForStores = 0;
  #lookAtSpace = 0;
  #publishDue = 0;
  readonly #signs: Signs = { running: false, last: 0 };

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { minFree, events, signal } = options;
    const compact = (store: Tended, how?: CompactOptions) => this.#compact(store, how);
    this.#pressure = minFree && new Pressure({ minFree, events, compact, signal });
  }

  /** Asks for the configuration to be read anew, when the run that is on has ended. */
  reload(): void {
    this.#reloadAsked = true;
    this.#alarm.ring();
  }

  health(): Health {
    return healthOf([...this.#tended.values()], this.#signs, monotonicMs());
  }

  /** What is known of each store, by its label. */
  metrics(): StoreMetrics[] {
    return [...this.#tended.values()].flatMap(({ metrics }) => metrics ?? []);
  }

  /**
   * Returns when it was asked to stop and no run is on.
   *
   * @throws {PapyraError} when the first configuration cannot be read, or when no store of it can ever be compacted:
   * each one lacks a right, or is configured wrongly.
   */
  async run(): Promise<void> {
    const { signal, notifier } = this.#options;
    const wake = (): void => this.#alarm.ring();
    signal.addEventListener('abort', wake);
    try {
      this.#take(await this.#options.load());
      await this.#assertHope();
      notifier.ready();
      while (!signal.aborted) await this.#turn();
    } finally {
      signal.removeEventListener('abort', wake);
      notifier.stopping();
      await this.#publish();
    }
  }

  async #turn(): Promise<void> {
    const now = monotonicMs();
    if (this.#reloadAsked) return this.#reload();
    if (now >= this.#lookForStores) return this.#lookAgain(now);
    if (now >= this.#publishDue) return this.#publish();
    if (this.#pressure && now >= this.#lookAtSpace) {
      this.#lookAtSpace = now + LOOK_AT_SPACE_MS;
      return this.#pressure.relieve([...this.#tended.values()], now);
    }
    const next = this.#next();
    if (next && now >= next.due) {
      await this.#compact(next);
      return;
    }
    await this.#publish();
    this.#options.notifier.status(this.#status(next));
    const times = [this.#lookForStores, next?.due, this.#pressure && this.#lookAtSpace];
    await this.#alarm.wait(Math.min(...times.filter((time) => time !== undefined)) - now);
  }

  /** The store that is due first. */
  #next(): Tended | undefined {
    let first: Tended | undefined;
    for (const store of this.#tended.values()) if (!first || store.due < first.due) first = store;
    return first;
  }

  async #reload(): Promise<void> {
    const { notifier, events } = this.#options;
    this.#reloadAsked = false;
    notifier.reloading();
    await this.#publish();
    try {
      this.#take(await this.#options.load());
      // Also those that failed: what was wrong may have been mended.
      for (const store of this.#tended.values()) store.due = monotonicMs();
      events.note('the configuration was read anew');
    } catch (error) {
      const { message, hint } = await asPapyraError(error);
      const way = hint === undefined ? '' : ` (${hint})`;
      events.warn(`the configuration was not read anew, the old one stays in force: ${message}${way}`); // prettier-ignore
    }
    notifier.ready();
  }

  /** What a glob matches may be others now. Where it cannot be told, the stores of before stay. */
  async #lookAgain(now: number): Promise<void> {
    await this.#publish();
    try {
      this.#take(await this.#source!.again());
    } catch (error) {
      this.#lookForStores = now + LOOK_FOR_STORES_MS.most;
      this.#options.events.warn(`the stores are those of before: ${(await asPapyraError(error)).message}`); // prettier-ignore
    }
  }

  /** Not after each run: of many stores the file is a long one. */
  async #publish(): Promise<void> {
    this.#publishDue = monotonicMs() + PUBLISH_MS;
    for (const warning of (await this.#source?.publish()) ?? []) this.#options.events.warn(warning);
  }

  /** Tends the stores of a source from now on. What is known of those that were there before stays known. */
  #take(source: StoreSource): void {
    const { everyMs = UNKNOWN_EVERY_MS, events } = this.#options;
    const { least, most } = LOOK_FOR_STORES_MS;
    const now = monotonicMs();
    for (const warning of source.warnings) {
      if (this.#source?.warnings.includes(warning) !== true) events.warn(warning);
    }
    this.#source = source;
    this.#lookForStores = now + Math.min(Math.max(everyMs, least), most);
    const before = this.#tended;
    this.#tended = new Map(
      source.stores.map((store) => {
        const tended = before.get(store.label) ?? new Tended(store, now, everyMs);
        tended.store = store;
        return [store.label, tended];
      }),
    );
  }

  /** A service of which no run can ever end well must not begin: nobody would see that it does nothing. */
  async #assertHope(): Promise<void> {
    const { signal } = this.#options;
    let hopeless: PapyraError | undefined;
    for (const { store } of this.#tended.values()) {
      if (signal.aborted) return;
      try {
        const system = await store.open();
        await system.check().finally(() => system.close());
        return;
      } catch (thrown) {
        const error = await asPapyraError(thrown);
        if (!['config_invalid', 'permission_denied', 'usage'].includes(error.code)) return;
        hopeless ??= error;
      }
    }
    if (hopeless) throw hopeless;
  }

  /**
   * Compacts a store now. What fails is told, and no reason to end. Returns why it failed. That more than retention asks
   * for cannot go is no failure of the store.
   */
  async #compact(tended: Tended, how: CompactOptions = {}): Promise<PapyraError | undefined> {
    const { signal, events, everyMs, everyMsOf } = this.#options;
    const { label } = tended.store;
    // The listeners of a run hang on a controller of its own, so that they go with it.
    const stop = new AbortController();
    const abort = (): void => stop.abort(signal.reason);
    signal.addEventListener('abort', abort);
    const sign = (): void => void (this.#signs.last = monotonicMs());
    sign();
    this.#signs.running = true;
    try {
      const system = await tended.store.open();
      try {
        await tended.learn(system, everyMs ?? everyMsOf(system));
        const report = await system.persistence.compact({ lockWaitMs: LOCK_WAIT_MS, ...how, signal: stop.signal, onProgress: sign }); // prettier-ignore
        const over = tended.succeeded(monotonicMs());
        if (over) events.recovered(label, over);
        events.ran(label, report);
        return undefined;
      } finally {
        await tended.readMetrics(system);
        await system.close();
      }
    } catch (thrown) {
      const error = await asPapyraError(thrown);
      // When only some parts failed, what was done is told as well.
      if (error.report) events.ran(label, error.report);
      const isStop = error.code === 'interrupted' && signal.aborted;
      if (!isStop && how.free === undefined)
        events.failed(label, tended.failed(error, monotonicMs()));
      return error;
    } finally {
      signal.removeEventListener('abort', abort);
      sign();
      this.#signs.running = false;
      // What a run leaves behind is much for a process that then waits for an hour.
      collectGarbage();
    }
  }

  #status(next: Tended | undefined): string {
    const stores = [...this.#tended.values()];
    const failing = stores.filter((store) => store.failing).length;
    const seconds = next ? Math.max(0, Math.round((next.due - monotonicMs()) / 1000)) : 0;
    const at = new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19);
    const what = `${stores.length} ${stores.length === 1 ? 'store' : 'stores'}`;
    return `${what}, ${failing} failing; ${next ? `next run at ${at}Z` : 'no run is due'}`;
  }
}

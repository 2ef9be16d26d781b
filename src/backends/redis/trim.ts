import { setTimeout as sleep } from 'node:timers/promises';
import { interruption, PapyraError } from '../../errors.js';
import { monotonicMs } from '../../clock.js';
import { entries } from './entries.js';
import { idAfter, isBefore } from './ids.js';
import type { Dropped, Limit, StreamPlan } from './plan-stream.js';
import type { Session } from './session.js';
import { isMissing, readState, stateOf, type StreamState } from './stream.js';

/**
 * How many entries one XTRIM may take: the server does nothing else meanwhile. Within these bounds it
 * follows what the last ones took.
 */
const MIN_BATCH = 100;
const MAX_BATCH = 10_000;
/** Over the network's share: half as many above, half as many again below. */
const SLOW_MS = 1;
const QUICK_MS = 0.5;
/** At least half of the time is for others: what batches took is paused, a millisecond or more at a time. */
const PAUSE_MS = 1;
/** Entries in a node, as servers are configured by default: no approximate trim takes less. */
const NODE = 100;
/** Entries read to find what batches left. */
const PAGE = 1000;

export interface TrimOptions {
  /** Whole nodes only: what is left of the last one stays. */
  approx: boolean;
  signal: AbortSignal | undefined;
  /** Told the entries of each batch. */
  onTrimmed: (entries: number) => void;
}

export interface Trimmed {
  dropped: Dropped;
  /** The stream afterwards; null: it is gone. */
  state: StreamState | null;
  /** Expired, and left: an approximate trim, and what is behind a live entry. null: not known. */
  left: number | null;
  /** Why it ended early. */
  failure?: unknown;
}

/**
 * Makes the cuts of one stream, in batches. Every command names an absolute bound, an id or a length, so that
 * writers and another papyra at the same time cannot make it take what retention keeps.
 */
export class Trim {
  readonly #dropped: Dropped = { age: 0, count: 0, size: 0 };
  #state: StreamState | null;
  #batch = MIN_BATCH;
  #left: number | null = 0;
  /** Milliseconds that batches took, and no pause has followed yet. */
  #owed = 0;

  constructor(
    readonly session: Session,
    readonly plan: StreamPlan,
    readonly options: TrimOptions,
  ) {
    this.#state = plan.state;
  }

  async run(): Promise<Trimmed> {
    try {
      for (const cut of this.plan.cuts) {
        if ('before' in cut) await this.#before(cut.by, cut.before);
        else await this.#newest(cut.newest);
      }
    } catch (error) {
      return { ...this.#result(), failure: error };
    }
    return this.#result();
  }

  #result(): Trimmed {
    const first = this.#state?.first;
    const behind = [...this.plan.behind].filter((id) => first && !isBefore(id, first)).length;
    const left = this.#left === null ? null : this.#left + behind;
    return { dropped: this.#dropped, state: this.#state, left };
  }

  /** Takes what lies before an id. */
  async #before(by: Limit, before: string): Promise<void> {
    for (;;) {
      const { first } = this.#state ?? {};
      if (!first || !isBefore(first, before)) return;
      const taken = await this.#xtrim(by, ['MINID', '~', before, 'LIMIT', this.#batch]);
      if (taken === 0 && !(await this.#finish(by, before))) return;
    }
  }

  /** Takes all but the newest so many live entries, of those that were there when the plan was made. */
  async #newest(newest: number): Promise<void> {
    const { behind } = this.plan;
    for (;;) {
      const excess = this.#planned() - newest - behind.size;
      if (excess <= 0) return;
      if (await this.#shorten(newest + behind.size, excess)) continue;
      const before = await this.#idOf(newest);
      if (before !== undefined && !(await this.#finish('count', before))) return;
    }
  }

  /** One batch; false when no whole node could be taken. */
  async #shorten(length: number, excess: number): Promise<boolean> {
    const limit = Math.min(this.#batch, excess);
    return (await this.#xtrim('count', ['MAXLEN', '~', length, 'LIMIT', limit])) > 0;
  }

  /** Entries that were there when the plan was made, and still are. */
  #planned(): number {
    const { state } = this.plan;
    if (!this.#state) return 0;
    const appended =
      state.added !== null && this.#state.added !== null
        ? this.#state.added - state.added
        : Math.max(0, this.#state.length - (state.length - sum(this.#dropped)));
    return this.#state.length - appended;
  }

  /**
   * The id of the oldest live entry that stays when the newest so many do: counted from the head, which
   * must not move meanwhile. undefined: it did.
   */
  async #idOf(newest: number): Promise<string | undefined> {
    const { session, plan } = this;
    this.#state = await readState(session, plan.key);
    const first = this.#state?.first;
    if (!first) return undefined;
    const isLive = (id: string) => !plan.behind.has(id);
    const behind = [...plan.behind].filter((id) => !isBefore(id, first)).length;
    let excess = this.#planned() - behind - newest;
    let at: string | undefined;
    for await (const { id } of entries(session, plan.key, { from: '-', to: plan.state.last })) {
      at ??= id;
      if (at !== first) return undefined;
      if (isLive(id) && excess-- <= 0) return id;
    }
    return idAfter(plan.state.last);
  }

  /**
   * What batches leave of the last node. Returns whether batches should go on: nodes may be larger than
   * a batch.
   */
  async #finish(by: Limit, before: string): Promise<boolean> {
    const { session, plan, options } = this;
    const ids: string[] = [];
    for await (const { id } of entries(session, plan.key, {
      from: '-',
      to: `(${before}`,
      limit: PAGE,
    })) {
      // prettier-ignore
      ids.push(id);
    }
    if (ids.length > NODE && this.#batch < MAX_BATCH) {
      this.#batch = Math.min(MAX_BATCH, this.#batch * 2);
      return true;
    }
    const whole = ids.length < PAGE;
    if (options.approx) {
      this.#left = whole ? ids.length : null;
      return false;
    }
    await this.#xtrim(by, ['MINID', '=', whole ? before : idAfter(ids.at(-1)!)]);
    return !whole;
  }

  /** One command, with a look at what it leaves. Returns how many entries it took. */
  async #xtrim(by: Limit, bound: (string | number)[]): Promise<number> {
    const { session, plan, options } = this;
    if (options.signal?.aborted) throw interruption(options.signal);
    const { connections } = session;
    const before = this.#planned();
    let took = 0;
    const [count, state] = await session.run(async (client) => {
      const began = monotonicMs();
      const trimming = client.call('XTRIM', plan.key, ...bound).finally(() => {
        took = monotonicMs() - began;
      });
      const looking = client.call('XINFO', 'STREAM', plan.key).then(stateOf, gone);
      return Promise.all([trimming.then(Number), looking]);
    });
    this.#state = state;
    // Done over two connections, nobody knows what the first one did: the lengths do.
    const taken = connections === session.connections ? count : Math.max(count, before - this.#planned()); // prettier-ignore
    this.#dropped[by] += taken;
    // What an earlier cut left of a node has gone with it.
    if (taken > 0) this.#left = 0;
    options.onTrimmed(taken);
    const cost = Math.max(0, took - session.quickest);
    this.#adapt(cost);
    if (state && state.groups > plan.state.groups) throw newGroup(plan.key);
    this.#owed += cost;
    if (this.#owed >= PAUSE_MS) {
      await sleep(this.#owed);
      this.#owed = 0;
    }
    return taken;
  }

  #adapt(milliseconds: number): void {
    if (milliseconds > SLOW_MS) this.#batch = Math.max(MIN_BATCH, Math.floor(this.#batch / 2));
    else if (milliseconds < QUICK_MS) this.#batch = Math.min(MAX_BATCH, Math.ceil(this.#batch * 1.5)); // prettier-ignore
  }
}

/** Somebody has deleted the whole stream. */
function gone(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}

function sum({ age, count, size }: Dropped): number {
  return age + count + size;
}

function newGroup(key: string): PapyraError {
  return new PapyraError('try_again', `a consumer group was added to ${key} meanwhile`, {
    hint: 'what it needs is kept from now on; run again',
  });
}

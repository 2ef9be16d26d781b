import { setTimeout as sleep } from 'node:timers/promises';
import { interruption, PapyraError } from '../../errors/errors.js';
import { monotonicMs } from '../../units/clock.js';
import type { Client } from './connect.js';
import { entries } from './entries.js';
import { END, idBefore, isBefore, upTo } from './ids.js';
import type { Cut, StreamPlan, Taken } from './plan-stream.js';
import { BATCH } from './script.js';
import type { Session } from './session.js';
import {
  isMissing,
  isRefusedScript,
  readState,
  sameHead,
  stateFromInfo,
  stateOf,
  type StreamState,
} from './stream.js';

/**
 * How many entries one XTRIM may take: the server does nothing else meanwhile. Within these bounds it
 * follows what the last ones took.
 */
const MIN_BATCH = 100;
const MAX_BATCH = 20_000;
/** Bytes of a first batch: of large entries it has fewer. */
const FIRST_BYTES = 500_000;
/** Of the first or last entry: with more, XINFO in a script takes the server most of a millisecond. */
const SCRIPT_BYTES = 64 * 1024;
/** Over the network's share: half as many above, half as many again below. */
const SLOW_MS = 0.8;
const QUICK_MS = 0.5;
/**
 * The server is paused for half of what batches took, some milliseconds at a time: with what the answers take on their
 * way, about half of its time is for others.
 */
const PAUSE_MS = 4;
/** So many are counted of what an approximate trim leaves, which is less than a node. */
export const MOST_COUNTED = 10_000;
/** A head that moves while it is counted is counted anew so many times. */
const ATTEMPTS = 5;

export interface TrimOptions {
  /** Whole nodes only: what is left of the last one stays. */
  approx: boolean;
  /** Consumer groups that come up meanwhile do not matter. */
  ignoreGroups: boolean;
  signal: AbortSignal | undefined;
  /** Told the entries of each batch. */
  onTrimmed: (entries: number) => void;
}

export interface Trimmed {
  taken: Taken;
  /** The stream afterwards; null: it is gone. */
  state: StreamState | null;
  /** Expired, and left: by an approximate trim, and behind a live entry. null: not known. */
  left: number | null;
  /** Why it ended early. */
  failure?: unknown;
}

interface Bound {
  strategy: 'MINID' | 'MAXLEN';
  operator: '~' | '=';
  value: string | number;
}

/**
 * Makes the cuts of one stream, in batches. Each has an id as its bound, or is counted by the server in the moment
 * in which it is done: so writers and other runs cannot make it take what the plan keeps.
 */
export class Trim {
  readonly #taken: Taken = { age: 0, tail: 0 };
  /** No batch is smaller: it would free no node, once one was seen that is larger. */
  #smallest: number;
  #state: StreamState | null;
  #batch: number;
  #left: number | null = 0;
  /** Milliseconds that batches took, and no pause has followed yet. */
  #owed = 0;

  constructor(
    readonly session: Session,
    readonly plan: StreamPlan,
    readonly options: TrimOptions,
  ) {
    const { memory, state } = plan;
    const fit = Math.floor(FIRST_BYTES / ((memory ?? 0) / state.length || 1));
    this.#smallest = this.#batch = Math.min(MIN_BATCH, Math.max(1, fit));
    this.#state = state;
  }

  async run(): Promise<Trimmed> {
    try {
      if (this.plan.cuts.length > 0) await this.session.assertSound(this.plan.node);
      for (const cut of this.plan.cuts) {
        if ('before' in cut) await this.#before(cut.of, cut.before);
        else await this.#newest(cut.newest);
      }
    } catch (error) {
      return { ...this.#result(), failure: error };
    }
    return this.#result();
  }

  #result(): Trimmed {
    const first = this.#state?.first;
    const behind = this.plan.behind.filter((id) => first && !isBefore(id, first)).length;
    const left = this.#left === null ? null : this.#left + behind;
    return { taken: this.#taken, state: this.#state, left };
  }

  /** Takes what lies before an id. */
  async #before(of: Cut['of'], before: string): Promise<void> {
    for (;;) {
      const { first } = this.#state ?? {};
      if (!first || !isBefore(first, before)) return;
      if ((await this.#trim(of, this.#bound('~', before), this.#batch)) > 0) continue;
      if (this.#grow(this.#state?.length ?? 0)) continue;
      await this.#finish(of, before);
      return;
    }
  }

  /**
   * MINID cannot take the entry with the largest id. No other can follow it, so it is a count that takes it; by a script
   * only, which sees whether it is the same stream.
   */
  #bound(operator: Bound['operator'], before: string): Bound {
    if (before !== END) return { strategy: 'MINID', operator, value: before };
    const seesWhose = this.#canScript() && this.plan.state.added !== null;
    if (seesWhose) return { strategy: 'MAXLEN', operator, value: 0 };
    return { strategy: 'MINID', operator, value: idBefore(END) };
  }

  /** Takes all but the newest so many entries of those that were there when the plan was made. */
  async #newest(newest: number): Promise<void> {
    const bound = { strategy: 'MAXLEN', operator: '~', value: newest } as const;
    while (this.#canScript()) {
      if ((await this.#trim('tail', bound, this.#batch)) > 0) continue;
      if (!this.#grow(this.#planned() - newest)) break;
    }
    const before = await this.#idOf(newest);
    if (before !== undefined) await this.#before('tail', before);
  }

  /** Entries that were there when the plan was made, and still are. */
  #planned(): number {
    if (!this.#state) return 0;
    return this.#state.length - Math.max(0, this.#state.added! - this.plan.state.added!);
  }

  /**
   * The id of the oldest entry that stays when the newest so many do: counted from the head, which must not
   * move meanwhile. undefined: nothing is to go.
   */
  async #idOf(newest: number): Promise<string | undefined> {
    const { session, plan } = this;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const look = (this.#state = await readState(session, plan));
      this.#assertOurs(look);
      let excess = this.#planned() - newest;
      if (excess <= 0) return undefined;
      let id: string | undefined;
      for await (const entry of entries(session, plan, { from: '-', to: plan.state.last })) {
        id = entry.id;
        if (excess-- === 0) break;
      }
      if (look && excess < 0 && sameHead(look, await readState(session, plan))) return id;
    }
    throw new PapyraError('try_again', `${plan.key} is being trimmed by somebody else`, {
      hint: 'what was trimmed stays trimmed; run again for the rest',
    });
  }

  /**
   * After a batch that took nothing: the first node may be larger than it. A batch that is too large for nothing costs
   * nothing, and freeing a node costs the same whatever is in it. False: `most` entries were asked for already.
   */
  #grow(most: number): boolean {
    if (this.#batch >= most) return false;
    this.#batch = this.#smallest = Math.min(most, this.#batch * 4);
    return true;
  }

  /** What batches leave, which is part of one node: an exact trim takes it at once. */
  async #finish(of: Cut['of'], before: string): Promise<void> {
    const { session, plan, options } = this;
    if (!options.approx) {
      await this.#trim(of, this.#bound('=', before));
      const { first, length } = this.#state ?? {};
      if (first && isBefore(first, before)) this.#left = length!;
      return;
    }
    let left = 0;
    const range = { from: '-', to: upTo(before), limit: MOST_COUNTED + 1 };
    for await (const { id } of entries(session, plan, range)) left += id === before ? 0 : 1;
    this.#left = left > MOST_COUNTED ? null : left;
  }

  /** One batch, with a look at what it leaves. Returns how many entries it took. */
  async #trim(of: Cut['of'], bound: Bound, limit?: number): Promise<number> {
    const { session, plan, options } = this;
    if (options.signal?.aborted) throw interruption(options.signal);
    const { connections } = session;
    const length = this.#state?.length ?? 0;
    let cost = 0;
    const { taken: told, state } = await session.run(plan.node, async (client) => {
      const began = monotonicMs();
      const done = await this.#send(client, bound, limit);
      cost = Math.max(0, monotonicMs() - began - session.quickest);
      return done;
    });
    const added = (state?.added ?? 0) - (this.#state?.added ?? 0);
    this.#state = state;
    // Done over two connections, nobody knows what the first one did: the lengths do.
    const taken = connections === session.connections ? told : Math.max(told, length + added - (state?.length ?? 0)); // prettier-ignore
    this.#taken[of] += Math.max(0, taken);
    // What an earlier cut left of a node has gone with it.
    if (taken > 0) this.#left = 0;
    options.onTrimmed(taken);
    this.#assertOurs(state, told);
    if (!options.ignoreGroups && state && state.groups > plan.state.groups)
      throw newGroup(plan.key);
    this.#adapt(cost);
    await this.#pause(cost);
    return taken;
  }

  /** Not where entries are large: it would take the server longer than the trim does. */
  #canScript(): boolean {
    return this.session.scripts && (this.#state?.largest ?? 0) <= SCRIPT_BYTES;
  }

  async #send(client: Client, { strategy, operator, value }: Bound, limit?: number) {
    const { session, plan } = this;
    const { key, state } = plan;
    if (this.#canScript()) {
      try {
        const reply = await client.eval(BATCH, 1, key, state.added ?? '', strategy, operator, value, limit ?? ''); // prettier-ignore
        const [taken, info] = reply as [number, unknown];
        return { taken, state: stateOf(info) };
      } catch (error) {
        if (isMissing(error)) return { taken: 0, state: null };
        if (!isRefusedScript(error)) throw error;
        session.scripts = false;
        // Without one a number of entries is no safe bound.
        if (strategy === 'MAXLEN') return { taken: 0, state: this.#state };
      }
    }
    const words = limit === undefined ? [] : ['LIMIT', limit];
    const trimming = client.call('XTRIM', key, strategy, operator, value, ...words);
    const looking = client.callBuffer('XINFO', 'STREAM', key).then(stateFromInfo, gone);
    const [taken, after] = await Promise.all([trimming, looking]);
    return { taken: Number(taken), state: after };
  }

  /** Nothing more is taken of a stream that has taken the place of the one that was planned. */
  #assertOurs(state: StreamState | null, taken = 0): void {
    const { key, state: planned } = this.plan;
    const younger = state?.added != null && planned.added !== null && state.added < planned.added;
    if (taken >= 0 && !younger) return;
    throw new PapyraError('try_again', `${key} was deleted and made anew, or replaced, meanwhile`, {
      hint: 'run again to plan for what is there now',
    });
  }

  #adapt(cost: number): void {
    if (cost > SLOW_MS) this.#batch = Math.max(this.#smallest, Math.floor(this.#batch / 2));
    else if (cost < QUICK_MS) this.#batch = Math.max(this.#smallest, Math.min(MAX_BATCH, Math.ceil(this.#batch * 1.5))); // prettier-ignore
  }

  async #pause(cost: number): Promise<void> {
    this.#owed += cost;
    if (this.#owed < PAUSE_MS) return;
    await sleep(this.#owed / 2);
    this.#owed = 0;
  }
}

/** Somebody has deleted the whole stream. */
function gone(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}

function newGroup(key: string): PapyraError {
  return new PapyraError('try_again', `a consumer group was added to ${key} meanwhile`, {
    hint: 'what it needs is kept from now on; run again',
  });
}

// Trims one stream in batches, as its plan says.
//
// Other clients use the stream meanwhile. Each batch has an id as its bound, or the server counts what it may take at
// that moment (script.ts), so writers and other runs cannot make it take what the plan keeps.
//
// 1. Try the server before the first batch, where it is not known to trim no more than it is told to (judge.ts).
// 2. For each cut: take whole nodes, batch after batch, as large and as often as the server can bear. After each batch
//    look at the stream: stop when it is another one, or when it has a new consumer group.
// 3. When no whole node is left: take the rest of the cut at once (exact), or count it and leave it (approximate).
//
// A crash leaves what was not taken yet, and the next run plans anew. A batch that is sent twice does no harm: its
// bound is the same, and the lengths tell what both took.
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

/** How many entries one XTRIM may take: the server does nothing else meanwhile. The cost of the last one decides. */
const MIN_BATCH = 100;
const MAX_BATCH = 20_000;
/** Bytes of a first batch, which has fewer entries where they are large. */
const FIRST_BYTES = 500_000;
/** Bytes of the first or last entry with which XINFO in a script takes the server most of a millisecond. */
const SCRIPT_BYTES = 64 * 1024;
/** Cost of a batch without the network's share. Above it the next one is half as large, below it 1.5 times. */
const SLOW_MS = 0.8;
const QUICK_MS = 0.5;
/** After so much work papyra pauses for half of it. With the time of answers on their way, half is left for others. */
const PAUSE_MS = 4;
/** Most entries that are counted of what an approximate trim leaves, which is less than a node. */
export const MOST_COUNTED = 10_000;
/** How often a head that moves while it is counted is counted anew. */
const ATTEMPTS = 5;

export interface TrimOptions {
  /** Take whole nodes only: what is left in the last one stays. */
  approx: boolean;
  /** Do not stop for consumer groups that are added meanwhile. */
  ignoreGroups: boolean;
  signal: AbortSignal | undefined;
  /** Told the entries of each batch. */
  onTrimmed: (entries: number) => void;
}

export interface Trimmed {
  taken: Taken;
  /** The stream afterwards; null: it is gone. */
  state: StreamState | null;
  /** Expired entries that an approximate trim left, or that stand behind a live one. null: not known. */
  left: number | null;
  /** Why it ended early. */
  failure?: unknown;
}

interface Bound {
  strategy: 'MINID' | 'MAXLEN';
  operator: '~' | '=';
  value: string | number;
}

export class Trim {
  readonly #taken: Taken = { age: 0, tail: 0 };
  /** Least entries of a batch. Where a larger node was seen, a smaller batch would free nothing. */
  #smallest: number;
  #state: StreamState | null;
  #batch: number;
  #left: number | null = 0;
  /** Milliseconds that batches took since the last pause. */
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
   * MINID cannot take the entry with the largest id. No other can follow it, so a count can take it; but only in a
   * script, which sees whether it is the same stream.
   */
  #bound(operator: Bound['operator'], before: string): Bound {
    if (before !== END) return { strategy: 'MINID', operator, value: before };
    const seesWhose = this.#canScript() && this.plan.state.added !== null;
    if (seesWhose) return { strategy: 'MAXLEN', operator, value: 0 };
    return { strategy: 'MINID', operator, value: idBefore(END) };
  }

  /** Takes all but the newest `newest` of the entries that were there when the plan was made. */
  async #newest(newest: number): Promise<void> {
    const bound = { strategy: 'MAXLEN', operator: '~', value: newest } as const;
    while (this.#canScript()) {
      if ((await this.#trim('tail', bound, this.#batch)) > 0) continue;
      if (!this.#grow(this.#planned() - newest)) break;
    }
    const before = await this.#idOf(newest);
    if (before !== undefined) await this.#before('tail', before);
  }

  /** Number of entries that were there when the plan was made, and still are. */
  #planned(): number {
    if (!this.#state) return 0;
    return this.#state.length - Math.max(0, this.#state.added! - this.plan.state.added!);
  }

  /**
   * The id of the oldest of the newest `newest` entries, counted from the head, which must not move meanwhile.
   * undefined: nothing goes.
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
   * Enlarges a batch that took nothing, because the first node may be larger. A batch that is too large costs nothing
   * more, and freeing a node costs the same whatever is in it. False: the batch already had `most` entries.
   */
  #grow(most: number): boolean {
    if (this.#batch >= most) return false;
    this.#batch = this.#smallest = Math.min(most, this.#batch * 4);
    return true;
  }

  /** Batches leave part of one node: an exact trim takes it at once, an approximate one counts it. */
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

  /** Sends one batch and looks at what it leaves. Returns how many entries it took. */
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
    // Over two connections nobody knows what the first one did, but the lengths tell.
    const taken = connections === session.connections ? told : Math.max(told, length + added - (state?.length ?? 0)); // prettier-ignore
    this.#taken[of] += Math.max(0, taken);
    // What an earlier cut left in a node has gone with it.
    if (taken > 0) this.#left = 0;
    options.onTrimmed(taken);
    this.#assertOurs(state, told);
    if (!options.ignoreGroups && state && state.groups > plan.state.groups)
      throw newGroup(plan.key);
    this.#adapt(cost);
    await this.#pause(cost);
    return taken;
  }

  /** Where entries are large, a script would take the server longer than the trim itself. */
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
        // Without a script a number of entries is no safe bound.
        if (strategy === 'MAXLEN') return { taken: 0, state: this.#state };
      }
    }
    const words = limit === undefined ? [] : ['LIMIT', limit];
    const trimming = client.call('XTRIM', key, strategy, operator, value, ...words);
    const looking = client.callBuffer('XINFO', 'STREAM', key).then(stateFromInfo, gone);
    const [taken, after] = await Promise.all([trimming, looking]);
    return { taken: Number(taken), state: after };
  }

  /** Stops when another stream has taken the place of the one that was planned. */
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

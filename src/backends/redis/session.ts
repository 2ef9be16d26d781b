import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import type { RedisStore } from '../../config/types.js';
import { monotonicMs } from '../../units/clock.js';
import { interruption } from '../../errors/errors.js';
import { bounded } from './bounded.js';
import { connect, connectToNode, isLost, reasonOf, type Client } from './connect.js';
import { Failure, isVerdict, mayPass, redisError } from './failure.js';
import { assertSound, judge } from './judge.js';
import { nodeName, serverName } from './names.js';
import { ALONE, freeKey, mastersOf } from './nodes.js';

const RETRY_MS = 100;
/** A new connection gets this long, however late it is. */
const MIN_MS = 250;
const LAST_WORDS_MS = 300;

/**
 * One connection, shared by all streams of a run. When it is lost in mid-run, or the master fails over,
 * a new one takes its place, until the time limit is over: every command that papyra sends may be sent
 * twice.
 */
export class Session {
  /** How many connections there were: a command that went over two may have been done twice. */
  connections = 0;
  /** Milliseconds that the fastest answer took: the network's share of all of them. */
  quickest = Infinity;
  readonly name: string;
  /** Whether the user may run scripts, as far as is known. */
  scripts = true;
  #client: Promise<Client> | undefined;
  #signal: AbortSignal | undefined;
  /** Why there never was a connection: a second try would only take as long again. */
  #refusal: unknown;
  /** The masters that did not answer until the time limit was over, and what they failed of. */
  readonly #silent = new Map<string, unknown>();
  /** Of the connection of now: whether a master is known to trim no more than it is told to. */
  readonly #judged = new Map<string, Promise<boolean>>();
  /** How long an answer that was on its way when the run was stopped is waited for. */
  #grace = LAST_WORDS_MS;

  constructor(readonly store: RedisStore) {
    this.name = serverName(store);
  }

  /** From now on a run that `signal` ends. */
  stopOn(signal: AbortSignal | undefined): void {
    this.#signal = signal;
    // One for each command on its way is no leak.
    if (signal) setMaxListeners(0, signal);
  }

  /** A run that was stopped may still say a word or two, if it is quick. */
  allowLastCommands(): void {
    if (!this.#signal?.aborted) return;
    this.#signal = AbortSignal.timeout(LAST_WORDS_MS);
    this.#grace = 0;
  }

  /** Sends one command. The answer has texts, or with `callBuffers` bytes. */
  call(node: string, command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.run(node, (client) => client.call(command, ...args));
  }

  callBuffers(node: string, command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.run(node, (client) => client.callBuffer(command, ...args));
  }

  /**
   * As `callBuffers`, with an answer of at most so many bytes.
   *
   * @throws {TooLarge} when it is larger.
   */
  callBounded(
    limit: number,
    node: string,
    command: string,
    ...args: (string | number)[]
  ): Promise<unknown> {
    return this.run(node, (client) => {
      const ask = () => client.callBuffer(command, ...args);
      const server = mastersOf(client).get(node);
      return server ? bounded(server, limit, ask) : ask();
    });
  }

  /**
   * Runs commands for a master over the connection of now; again over a new one when it was lost. A master of
   * which one command waited in vain until the time limit was over is not asked again.
   *
   * @throws {PapyraError} what the server refuses, or what it failed of when the time limit is over.
   */
  async run<T>(node: string, work: (client: Client) => Promise<T>): Promise<T> {
    const deadline = monotonicMs() + this.store.timeoutMs;
    let last: unknown;
    for (;;) {
      if (this.#silent.has(node)) throw this.#inWords(this.#silent.get(node), node);
      const connecting = this.#connection();
      let client: Client | undefined;
      try {
        client = await this.#within(deadline, connecting);
        await this.#within(deadline, this.#judge(client, node));
        const began = monotonicMs();
        const result = await this.#within(Math.max(deadline, began + MIN_MS), work(client));
        this.quickest = Math.min(this.quickest, monotonicMs() - began);
        return result;
      } catch (caught) {
        const error = client ? reasonOf(client, caught) : caught;
        // What it failed of before says more than that the time is over.
        last = error instanceof Failure && !isVerdict(error) && last !== undefined ? last : error;
        const isFirst = this.connections === 0 || (this.connections === 1 && isVerdict(last));
        if (isFirst || !mayPass(last)) throw this.#inWords(last, node);
        if (monotonicMs() > deadline) this.#silent.set(node, await this.#reason(node, last));
        else await this.#anew(connecting, client, node);
      }
    }
  }

  /**
   * Before the first trim: a master that is not known to take only what it may is tried.
   *
   * @throws {PapyraError} when it takes more, or this user may not try it.
   */
  async assertSound(node: string): Promise<void> {
    await this.run(node, async (client) => {
      if (await this.#judge(client, node)) return;
      for (const [name, server] of mastersFor(client, node)) {
        await assertSound(server, freeKey(client, name, this.store.prefix));
      }
      this.#judged.set(node, Promise.resolve(true));
    });
  }

  /** Looks at the connection, without a word to the server. */
  async inspect<T>(at: (client: Client) => T): Promise<T> {
    try {
      return at(await this.#within(Infinity, this.#connection()));
    } catch (error) {
      throw this.#inWords(error, ALONE);
    }
  }

  close(): void {
    this.renew();
  }

  /** The next command gets a new connection. */
  renew(): void {
    if (this.#client) this.#drop(this.#client);
  }

  /** Before the first command for a master: whether it is known to trim no more than it is told to. */
  #judge(client: Client, node: string): Promise<boolean> {
    const known = this.#judged.get(node);
    if (known) return known;
    const judging = Promise.all(
      mastersFor(client, node).map(([name, server]) =>
        judge(server, freeKey(client, name, this.store.prefix)),
      ),
    ).then((sound) => sound.every(Boolean));
    this.#judged.set(node, judging);
    return judging;
  }

  /** Of a cluster, a node that is asked alone says why it cannot be reached. */
  async #reason(node: string, last: unknown): Promise<unknown> {
    const [, host, port] = /^(.*):(\d+)$/.exec(node) ?? [];
    if (!isLost(last) || host === undefined) return last;
    return connectToNode(this.store, { host, port: Number(port) }).then(
      (client) => {
        client.disconnect();
        return last;
      },
      (error: unknown) => error,
    );
  }

  #inWords(error: unknown, node: string): unknown {
    return redisError(error, nodeName(this.store, node), node !== ALONE);
  }

  #connection(): Promise<Client> {
    if (this.#refusal !== undefined) throw this.#inWords(this.#refusal, ALONE);
    return (this.#client ??= this.#open());
  }

  async #open(): Promise<Client> {
    try {
      const client = await connect(this.store);
      this.connections += 1;
      this.#judged.clear();
      return client;
    } catch (error) {
      if (this.connections === 0) this.#refusal = error;
      throw error;
    }
  }

  /**
   * The next try is over a new connection. In a cluster only that of the master in question is let go: those who work on
   * the others know nothing of it.
   */
  async #anew(
    connecting: Promise<Client>,
    client: Client | undefined,
    node: string,
  ): Promise<void> {
    if (client instanceof Cluster && client.status === 'ready') {
      this.#judged.delete(node);
      mastersOf(client).get(node)?.disconnect();
      client.refreshSlotsCache(() => undefined);
      this.connections += 1;
    } else {
      this.#drop(connecting);
    }
    await sleep(RETRY_MS);
  }

  /** Lets go of a connection, once: all who wait for it see it fail. One that is still being made ends by itself. */
  #drop(connecting: Promise<Client>): void {
    if (this.#client === connecting) this.#client = undefined;
    connecting.then(
      (client) => client.disconnect(),
      () => undefined,
    );
  }

  /**
   * An answer is waited for until its time is over, or the run is asked to stop: then a moment longer, for
   * what a trim has done should be counted.
   */
  async #within<T>(deadline: number, answer: Promise<T>): Promise<T> {
    const signal = this.#signal;
    let stop = (): void => undefined;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      const give = (milliseconds: number, why: () => Error): void => {
        clearTimeout(timer);
        timer = setTimeout(() => reject(why()), milliseconds);
      };
      stop = () => give(this.#grace, () => interruption(signal!));
      if (signal?.aborted) reject(interruption(signal));
      signal?.addEventListener('abort', stop, { once: true });
      if (deadline < Infinity) give(deadline - monotonicMs(), () => new Failure('silent'));
    });
    try {
      return await Promise.race([answer, over]);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }
}

/**
 * The connection to a master; when it has failed over, ioredis alone knows which one has its slots now: all of them.
 *
 * @throws an error of a lost connection when there is none to one of them.
 */
function mastersFor(client: Client, node: string): [string, Redis][] {
  const masters = [...mastersOf(client)];
  const named = masters.filter(([name]) => name === node);
  return (named.length > 0 ? named : masters).map(([name, server]) => {
    if (!server) throw new Error('Connection is closed.');
    return [name, server];
  });
}

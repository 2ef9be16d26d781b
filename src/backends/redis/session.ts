// Keeps one connection to Redis for all streams of a run, and runs commands over it.
//
// When the connection is lost, or the master fails over, a new one takes its place, until the time limit is over. The
// command is then sent again, so the server may do it twice.
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
/** A command gets at least this long, however late its connection was made. */
const MIN_MS = 250;
const LAST_WORDS_MS = 300;

export class Session {
  /** Number of connections so far. A command that was sent over two of them may have been done twice. */
  connections = 0;
  /** Milliseconds that the fastest answer took: the share of the network in all of them. */
  quickest = Infinity;
  readonly name: string;
  /** Whether the user may run scripts, as far as is known. */
  scripts = true;
  #client: Promise<Client> | undefined;
  #signal: AbortSignal | undefined;
  /** Why the first connection failed. It is not tried again, which would only take as long again. */
  #refusal: unknown;
  /** Masters that did not answer within the time limit, and why. */
  readonly #silent = new Map<string, unknown>();
  /** For the current connection: whether a master is known to trim no more than it is told to. */
  readonly #judged = new Map<string, Promise<boolean>>();
  /** How long to wait for an answer that was on its way when the run was stopped. */
  #grace = LAST_WORDS_MS;

  constructor(readonly store: RedisStore) {
    this.name = serverName(store);
  }

  /** From now on `signal` ends the run. */
  stopOn(signal: AbortSignal | undefined): void {
    this.#signal = signal;
    // A listener for each command on its way is not a leak.
    if (signal) setMaxListeners(0, signal);
  }

  /** Allows a run that was stopped to send a few quick commands. */
  allowLastCommands(): void {
    if (!this.#signal?.aborted) return;
    this.#signal = AbortSignal.timeout(LAST_WORDS_MS);
    this.#grace = 0;
  }

  /** Sends one command, and returns an answer of texts. `callBuffers` returns bytes. */
  call(node: string, command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.run(node, (client) => client.call(command, ...args));
  }

  callBuffers(node: string, command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.run(node, (client) => client.callBuffer(command, ...args));
  }

  /** @throws {TooLarge} when the answer has more than `limit` bytes. */
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
   * Runs commands for a master over the current connection, and again over a new one when that is lost. A master that
   * did not answer one command within the time limit is not asked again.
   *
   * @throws {PapyraError} what the server refuses, or the last failure when the time limit is over.
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
        // An earlier failure says more than that the time is over.
        last = error instanceof Failure && !isVerdict(error) && last !== undefined ? last : error;
        const isFirst = this.connections === 0 || (this.connections === 1 && isVerdict(last));
        if (isFirst || !mayPass(last)) throw this.#inWords(last, node);
        if (monotonicMs() > deadline) this.#silent.set(node, await this.#reason(node, last));
        else await this.#anew(connecting, client, node);
      }
    }
  }

  /**
   * To be called before the first trim: tries a master that is not known to trim no more than it is told to.
   *
   * @throws {PapyraError} when it trims more, or this user may not try it.
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

  /** Looks at the connection, and sends nothing. */
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

  /** Judges a master before its first command: whether it is known to trim no more than it is told to. */
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

  /** Finds out why a node of a cluster cannot be reached, by a connection to that node alone. */
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
   * Makes the next try use a new connection. In a cluster only that of this master is closed: work on the others goes
   * on.
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

  /** Closes a connection, once: all who wait for it see it fail. One that is still being made is closed after that. */
  #drop(connecting: Promise<Client>): void {
    if (this.#client === connecting) this.#client = undefined;
    connecting.then(
      (client) => client.disconnect(),
      () => undefined,
    );
  }

  /** Waits for an answer until the deadline. After a stop it waits a moment: what a trim has done should be counted. */
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
 * The connection to a master; to all masters when it has failed over, since only ioredis knows which has its slots now.
 *
 * @throws the error of a lost connection when one of them has none.
 */
function mastersFor(client: Client, node: string): [string, Redis][] {
  const masters = [...mastersOf(client)];
  const named = masters.filter(([name]) => name === node);
  return (named.length > 0 ? named : masters).map(([name, server]) => {
    if (!server) throw new Error('Connection is closed.');
    return [name, server];
  });
}

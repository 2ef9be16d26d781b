import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisStore } from '../../config/types.js';
import { monotonicMs } from '../../clock.js';
import { interruption } from '../../errors.js';
import { connect, type Client } from './connect.js';
import { mayPass, redisError } from './failure.js';
import { serverName } from './names.js';

const RETRY_MS = 100;
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
  #client: Promise<Client> | undefined;
  #signal: AbortSignal | undefined;
  /** Why there never was a connection: a second try would only take as long again. */
  #refusal: unknown;

  constructor(readonly store: RedisStore) {
    this.name = serverName(store);
  }

  /** From now on a run that `signal` ends. */
  heed(signal: AbortSignal | undefined): void {
    this.#signal = signal;
  }

  /** A run that was stopped may still say a word or two, if it is quick. */
  lastWords(): void {
    if (this.#signal?.aborted) this.#signal = AbortSignal.timeout(LAST_WORDS_MS);
  }

  /** Sends one command. The answer has texts, or with `callBuffers` bytes. */
  call(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.run((client) => client.call(command, ...args));
  }

  callBuffers(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.run((client) => client.callBuffer(command, ...args));
  }

  /**
   * Runs commands over the connection of now; again over a new one when it was lost.
   *
   * @throws {PapyraError} what the server refuses, or `unreachable` after the time limit.
   */
  async run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    let failedAt: number | undefined;
    for (;;) {
      if (this.#refusal !== undefined) throw redisError(this.#refusal, this.name);
      const connecting = (this.#client ??= this.#open());
      try {
        const client = await this.#orStopped(connecting);
        const began = monotonicMs();
        const result = await this.#orStopped(work(client));
        this.quickest = Math.min(this.quickest, monotonicMs() - began);
        return result;
      } catch (error) {
        failedAt ??= monotonicMs();
        const late = monotonicMs() - failedAt > this.store.timeoutMs;
        if (this.connections === 0 || !mayPass(error) || late) throw redisError(error, this.name);
        await this.#drop(connecting);
        await sleep(RETRY_MS);
      }
    }
  }

  async close(): Promise<void> {
    if (this.#client) await this.#drop(this.#client);
  }

  async #open(): Promise<Client> {
    try {
      const client = await connect(this.store);
      this.connections += 1;
      return client;
    } catch (error) {
      if (this.connections === 0) this.#refusal = error;
      throw error;
    }
  }

  /** Lets go of a connection, once: all who wait for it see it fail. */
  async #drop(connecting: Promise<Client>): Promise<void> {
    if (this.#client === connecting) this.#client = undefined;
    const client = await connecting.catch(() => undefined);
    client?.disconnect();
  }

  /** An answer that does not come is not waited for by a run that was asked to stop. */
  async #orStopped<T>(answer: Promise<T>): Promise<T> {
    const signal = this.#signal;
    if (!signal) return answer;
    let stop: (() => void) | undefined;
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = () => reject(interruption(signal));
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([answer, stopped]);
    } finally {
      signal.removeEventListener('abort', stop!);
    }
  }
}

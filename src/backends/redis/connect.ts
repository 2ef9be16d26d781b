import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Address, Password, RedisStore } from '../../config/types.js';
import { PapyraError } from '../../errors.js';
import { Failure, LOADING, LOSING_SERVER, OLD_SERVER, REPLICA } from './failure.js';

export type Client = Redis | Cluster;

/**
 * Opens a connection and makes sure that a store can be compacted through it: logged in, on the right
 * database, of a master that is ready and knows `XTRIM … MINID`. A connection is never mended, but
 * replaced by a new one (session.ts): that is what makes one deadline possible.
 */
export async function connect(store: RedisStore): Promise<Client> {
  const client = makeClient(store);
  // connect() itself says no more than that the connection is closed; why, an event has said before.
  let cause: Error | undefined;
  const note = (error: Error): void => {
    if (cause === undefined || isBare(cause)) cause = error;
  };
  client.on('+node', (node: Redis) => node.on('error', note));
  client.on('error', note).on('node error', note).on('sentinelError', note);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Failure('silent', cause)), store.timeoutMs);
  });
  try {
    await Promise.race([logIn(client, store), late]);
    return client;
  } catch (error) {
    client.disconnect();
    const why = error instanceof Failure || isReply(error) ? error : (cause ?? error);
    if (store.server.kind === 'cluster' && isBare(why))
      await askNode(store, store.server.nodes[0]!);
    throw why;
  } finally {
    clearTimeout(timer);
  }
}

const BARE = /Connection is closed|Failed to refresh slots|None of startup nodes/;

/** It says that a connection is gone; why, another one says. */
function isBare(error: unknown): boolean {
  return error instanceof Error && BARE.test(error.message);
}

/** A cluster does not pass on why a node cannot be reached: the node itself is asked. */
async function askNode(store: RedisStore, at: Required<Address>): Promise<void> {
  const client = await connect({ ...store, server: { kind: 'single', at } });
  client.disconnect();
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

async function logIn(client: Client, store: RedisStore): Promise<void> {
  await client.connect();
  if (client instanceof Redis) {
    const { username, password } = credentials(store);
    if (password !== undefined) {
      await (username === undefined ? client.auth(password) : client.auth(username, password));
    }
    if (store.db !== 0) await client.select(store.db);
  }
  await assertUsable(client);
}

/** Who may not ask for it, is told by the commands themselves. */
async function assertUsable(client: Client): Promise<void> {
  const nodes = client instanceof Redis ? [client] : client.nodes('master');
  const asked = nodes.map((node) =>
    node.info().catch((error: unknown) => {
      if (error instanceof Error && /^NOPERM|unknown command/.test(error.message)) return '';
      throw error;
    }),
  );
  // Of a cluster one will do: others may be failing over.
  const info = await Promise.any(asked).catch((error: unknown) => {
    throw (error as AggregateError).errors[0];
  });
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (field('loading') === '1') throw new Failure(LOADING);
  if (field('role') === 'slave') throw new Failure(REPLICA);
  assertVersion(field('redis_version'), field('server_name'));
}

/** The first Redis with XTRIM … MINID, and the first whose MINID takes no entry that must stay (redis/redis#9410). */
const FIRST = [6, 2, 0];
const SOUND = [6, 2, 7];

/**
 * Only Redis itself is judged by its number: what calls itself otherwise has numbers of its own, and refuses a
 * command that it has not.
 */
function assertVersion(version: string | undefined, name: string | undefined): void {
  if (version === undefined || (name !== undefined && name !== 'redis')) return;
  if (isBelow(version, FIRST)) throw new Failure(OLD_SERVER);
  if (isBelow(version, SOUND)) throw new Failure(LOSING_SERVER);
}

function isBelow(version: string, least: readonly number[]): boolean {
  const numbers = version.split('.').map((part) => parseInt(part, 10) || 0);
  const at = least.findIndex((number, index) => (numbers[index] ?? 0) !== number);
  return at !== -1 && (numbers[at] ?? 0) < least[at]!;
}

/** Connects when it is told to, and does not mend itself. */
const ONCE = { lazyConnect: true, retryStrategy: () => null };

function makeClient(store: RedisStore): Client {
  const { server, timeoutMs } = store;
  const tls = tlsOptions(store);
  const common = {
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // HELLO and CLIENT SETINFO would be two more rights to ask for.
    protocol: 2,
    disableClientInfo: true,
    ...(tls ? { tls } : {}),
  } satisfies RedisOptions;
  switch (server.kind) {
    case 'single':
      return new Redis({ ...common, ...ONCE, ...server.at });
    case 'sentinel': {
      const password = passwordOf(server.password);
      return new Redis({
        ...common,
        ...ONCE,
        name: server.name,
        sentinels: server.nodes,
        sentinelRetryStrategy: () => null,
        sentinelCommandTimeout: timeoutMs,
        ...(server.username === undefined ? {} : { sentinelUsername: server.username }),
        ...(password === undefined ? {} : { sentinelPassword: password }),
        ...(tls ? { sentinelTLS: tls, enableTLSForSentinelMode: true } : {}),
      });
    }
    case 'cluster': {
      return new Cluster(server.nodes, {
        lazyConnect: true,
        clusterRetryStrategy: () => null,
        enableReadyCheck: false,
        slotsRefreshTimeout: timeoutMs,
        // Names of certificates are checked against what the nodes call themselves.
        dnsLookup: (address, callback) => callback(null, address),
        redisOptions: { ...common, ...credentials(store) },
      });
    }
  }
}

function credentials(store: RedisStore): { username?: string; password?: string } {
  const { username } = store;
  const password = passwordOf(store.password);
  if (password === undefined) return {};
  return { password, ...(username === undefined ? {} : { username }) };
}

function passwordOf(password: Password | undefined): string | undefined {
  if (typeof password !== 'object') return password;
  const text = readConfigured(password.file, 'password_file').toString('utf8');
  return text.split(/\r?\n/, 1)[0];
}

function tlsOptions({ tls }: RedisStore): RedisOptions['tls'] {
  if (!tls) return undefined;
  const { ca, cert, key, serverName } = tls;
  return {
    ...(ca === undefined ? {} : { ca: readConfigured(ca, 'tls.ca') }),
    ...(cert === undefined ? {} : { cert: readConfigured(cert, 'tls.cert') }),
    ...(key === undefined ? {} : { key: readConfigured(key, 'tls.key') }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function readConfigured(file: string, key: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new PapyraError(
      code === 'EACCES' ? 'permission_denied' : 'config_invalid',
      `cannot read ${file} (persistence.${key}): ${code}`,
      { hint: 'mend the path, or let the user who runs papyra read it', cause: error },
    );
  }
}

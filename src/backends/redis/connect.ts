// Opens connections to Redis: logs in, and selects the database. What the server is, judge.ts finds out.
import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Address, Password, RedisStore } from '../../config/types.js';
import { PapyraError } from '../../errors/errors.js';
import { Failure, LOST } from './failure.js';
import { assertTopology } from './topology.js';

export type Client = Redis | Cluster;

/** A connection never reconnects: session.ts replaces it, so that one deadline holds for all tries. */
export async function connect(store: RedisStore): Promise<Client> {
  if (store.server.kind === 'cluster') await assertCluster(store, store.server.nodes);
  const client = makeClient(store);
  const note = (error: Error): void => {
    const known = causes.get(client);
    if (known === undefined || isLost(known)) causes.set(client, error);
  };
  client.on('error', note).on('node error', note).on('sentinelError', note);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Failure('silent')), store.timeoutMs);
  });
  try {
    await Promise.race([logIn(client, store), late]);
    return client;
  } catch (error) {
    client.disconnect();
    throw isLost(error) ? reasonOf(client, error) : error;
  } finally {
    clearTimeout(timer);
  }
}

const causes = new WeakMap<Client, Error>();

/** Why a connection was lost: the error of a command does not say it, an earlier event of ioredis does. */
export function reasonOf(client: Client, error: unknown): unknown {
  return isLost(error) ? (causes.get(client) ?? error) : error;
}

/** Connects to one node of a cluster. Unlike a connection to the cluster, it says why it fails. */
export async function connectToNode(store: RedisStore, at: Required<Address>): Promise<Redis> {
  return (await connect({ ...store, server: { kind: 'single', at } })) as Redis;
}

/** Asks one node after the other for the nodes of the cluster, and checks the first answer. */
async function assertCluster(store: RedisStore, nodes: Required<Address>[]): Promise<void> {
  let first: unknown;
  for (const at of nodes) {
    try {
      const node = await connectToNode(store, at);
      const slots = await node.cluster('SLOTS').finally(() => node.disconnect());
      assertTopology(slots, at);
      return;
    } catch (error) {
      if (error instanceof PapyraError) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** Whether an error says only that the connection is gone, and not why. */
export function isLost(error: unknown): boolean {
  return error instanceof Error && LOST.test(error.message);
}

async function logIn(client: Client, store: RedisStore): Promise<void> {
  await client.connect();
  if (client instanceof Cluster) return;
  const { username, password } = credentials(store);
  if (password !== undefined) {
    await (username === undefined ? client.auth(password) : client.auth(username, password));
  }
  if (store.db !== 0) await client.select(store.db);
}

/** Connects only when it is told to, and does not reconnect. */
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
    // HELLO and CLIENT SETINFO would need two more rights.
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
    case 'cluster':
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

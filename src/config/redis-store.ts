// Builds the Redis store from the configuration, the environment and flags.
import { PapyraError } from '../errors/errors.js';
import { parseAddress, parseRedisUrl, REDIS_PORT, SENTINEL_PORT, wrongIn } from './redis-url.js';
import type { Address, Overrides, PersistenceInput, RedisStore, TlsInput } from './types.js';

export interface RedisRequest {
  persistence: PersistenceInput;
  overrides: Overrides;
  /** The file, for messages. */
  where: string;
  /** Where `persistence` comes from, such as `stores.orders`. */
  section: string;
  /** Makes a path of the configuration absolute. */
  absolute: (path: string) => string;
}

const DEFAULT_TIMEOUT_SECONDS = 5;

/**
 * PAPYRA_REDIS_URL replaces `url`, `cluster` and `sentinel` together.
 *
 * @throws {PapyraError} `config_invalid` when the configuration does not say where Redis is, or says it twice.
 */
export function redisStore(request: RedisRequest): RedisStore {
  const { persistence, overrides, absolute } = request;
  const { username, password_file, tls, system_id = 'local' } = persistence;
  const server = serverOf(request);
  const names = typeof system_id === 'string' ? [system_id] : [...new Set(system_id)].sort();
  return {
    backend: 'redis',
    ...server,
    tls: tls || server.tls ? filesOf(typeof tls === 'object' ? tls : {}, absolute) : undefined,
    username: overrides.redis_username ?? server.username ?? username,
    password:
      overrides.redis_password ??
      server.password ??
      (password_file === undefined ? undefined : { file: absolute(password_file) }),
    prefix: persistence.prefix ?? 'papyra',
    systems: names.includes('*') ? ['*'] : names,
    approx: overrides.approx_trim ?? persistence.approx_trim ?? true,
    timeoutMs: 1000 * (overrides.timeout_seconds ?? DEFAULT_TIMEOUT_SECONDS),
  };
}

type Found = Pick<RedisStore, 'server' | 'db'> & {
  tls?: boolean;
  username?: string | undefined;
  password?: string | undefined;
};

function serverOf({ persistence, overrides, where, section, absolute }: RedisRequest): Found {
  const { redis_url } = overrides;
  const { url, cluster, sentinel } = redis_url === undefined ? persistence : { url: redis_url };
  const given = Object.entries({ url, cluster, sentinel }).filter(([, one]) => one !== undefined);
  if (given.length !== 1) {
    const names = given.map(([name]) => name).join(' and ');
    throw new PapyraError(
      'config_invalid',
      given.length === 0
        ? `${where}: ${section}.url is missing`
        : `${where}: ${section} has ${names}: it can have one of them`,
      { hint: 'say where Redis is: url, cluster or sentinel; or set PAPYRA_REDIS_URL' },
    );
  }
  if (url !== undefined) {
    const { server, ...rest } = parsed(url);
    return { server: { kind: 'single', at: server }, ...rest };
  }
  if (cluster !== undefined) {
    return { server: { kind: 'cluster', nodes: addresses(cluster, REDIS_PORT) }, db: 0 };
  }
  const { name, nodes, db = 0, username, password_file } = sentinel!;
  const password =
    overrides.sentinel_password ?? (password_file === undefined ? undefined : { file: absolute(password_file) }); // prettier-ignore
  const sentinels = addresses(nodes, SENTINEL_PORT);
  return { server: { kind: 'sentinel', name, nodes: sentinels, username, password }, db };
}

/** The schema has checked a URL of the configuration already, so the wrong one is that of the environment. */
function parsed(url: string) {
  const result = parseRedisUrl(url);
  if (result) return result;
  throw new PapyraError('config_invalid', `PAPYRA_REDIS_URL: ${wrongIn(url)}`, {
    hint: 'write redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/socket?db=0',
  });
}

function addresses(nodes: (string | Address)[], port: number): Required<Address>[] {
  return nodes.map((node) =>
    typeof node === 'string'
      ? parseAddress(node, port)!
      : { host: node.host, port: node.port ?? port },
  );
}

function filesOf(
  { ca, cert, key, server_name }: TlsInput,
  absolute: (path: string) => string,
): NonNullable<RedisStore['tls']> {
  const file = (path: string | undefined) => (path === undefined ? undefined : absolute(path));
  return { ca: file(ca), cert: file(cert), key: file(key), serverName: server_name };
}

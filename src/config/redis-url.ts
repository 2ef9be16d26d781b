// Parses Redis URLs and addresses, and says which part of a URL is wrong without repeating its password.
import type { Address } from './types.js';

export interface RedisUrl {
  server: Address | { path: string };
  db: number;
  tls: boolean;
  username?: string | undefined;
  password?: string | undefined;
}

export const REDIS_PORT = 6379;
export const SENTINEL_PORT = 26_379;

const DB = /^\d{1,9}$/;
const SCHEMES = ['redis', 'rediss', 'unix'];
const OPTIONS = ['db', 'username', 'password'];

/**
 * `redis://[user:password@]host[:port][/db]`, `rediss://…` with TLS, `unix://[user:password@]/path/to/socket`, each
 * with `?db=`, `?username=` and `?password=`: the forms of Redis' own registration, and of redis-py, with which the
 * runtime connects. As in redis-py, a database after `?` beats one in the path, and a user before the `@` beats one
 * after `?`. undefined: it has none of these forms; `wrongIn` says why.
 */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const result = read(text);
  return 'wrong' in result ? undefined : result;
}

/** Says which part of a URL is wrong; undefined: none. */
export function wrongIn(text: string): string | undefined {
  const result = read(text);
  return 'wrong' in result ? result.wrong : undefined;
}

function read(text: string): RedisUrl | { wrong: string } {
  const scheme = /^\s*([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { wrong: 'there is no scheme, as in redis://' };
  if (!SCHEMES.includes(scheme)) return { wrong: `the scheme is ${scheme}` };
  const isUnix = scheme === 'unix';
  // WHATWG's parser allows a user only before a host, so a socket gets the host `socket`.
  const url = parsed(isUnix ? text.replace(/:\/\/([^/]*@)?\//, '://$1socket/') : text);
  if (!url) return { wrong: unreadable(text) };
  const { hostname, pathname, searchParams: query } = url;
  if (url.hash !== '') return { wrong: 'there is a #, which is %23 in a password' };
  const unknown = [...query.keys()].find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) {
    return {
      wrong: `after the ? there is something else than ${OPTIONS.join(', ')} (a ? is %3F in a password)`,
    };
  }
  const db = query.get('db') ?? (isUnix ? '0' : pathname.replace(/^\//, '') || '0');
  if (!DB.test(db)) return { wrong: 'the database is no number' };
  const rest = { db: Number(db), tls: scheme === 'rediss', ...credentialsOf(url) };
  if (isUnix) {
    if (hostname !== 'socket' || pathname.length < 2) {
      return { wrong: 'there is no absolute path to a socket, as in unix:///run/redis.sock' };
    }
    return { server: { path: decode(pathname) }, ...rest };
  }
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === '') return { wrong: 'there is no host' };
  return { server: { host, port: Number(url.port) || REDIS_PORT }, ...rest };
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Finds out what is wrong, because WHATWG's parser does not say. */
function unreadable(text: string): string {
  const [, authority = '', host = ''] = /:\/\/([^/?#]*@)?([^/?#]*)/.exec(text) ?? [];
  if (host === '') return 'there is no host';
  const port = /^(?:\[[^\]]*\]|[^:]*):(.*)$/.exec(host)?.[1];
  const isPort = port === undefined || (/^\d*$/.test(port) && Number(port) <= 65_535);
  if (!isPort) {
    const mark = text.includes('@', text.indexOf(host)) && authority === '';
    return `the port is no number up to 65535${mark ? '; in a password, / is %2F, ? is %3F and # is %23' : ''}`;
  }
  return 'the host is no name and no address';
}

/** `host`, `host:6380`, `[::1]:6380`; undefined: neither. */
export function parseAddress(text: string, port: number): Required<Address> | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/i.exec(text);
  if (!match) return undefined;
  const given = match[3] === undefined ? port : Number(match[3]);
  return given >= 1 && given <= 65_535 ? { host: (match[1] ?? match[2])!, port: given } : undefined;
}

function credentialsOf({ username, password, searchParams: query }: URL) {
  const user = decode(username) || query.get('username');
  const secret = decode(password) || query.get('password');
  return { ...(user ? { username: user } : {}), ...(secret ? { password: secret } : {}) };
}

/** A text with a stray `%` is taken as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

import type { Address } from './types.js';

/** What a Redis URL says. */
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

/**
 * `redis://[user:password@]host[:port][/db]`, `rediss://…` with TLS, `unix:///path/to/socket[?db=1]`: the
 * forms of Redis' own registration, and of redis-py, with which the runtime connects. undefined: none of them.
 */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const { protocol, hostname, pathname, searchParams: query } = url;
  if (url.hash !== '' || [...query.keys()].some((key) => key !== 'db')) return undefined;
  const unix = protocol === 'unix:';
  const db = query.get('db') ?? (unix ? '0' : pathname.replace(/^\//, '') || '0');
  if (!DB.test(db)) return undefined;
  const rest = { db: Number(db), tls: protocol === 'rediss:', ...credentialsOf(url) };
  if (unix) {
    const path = decode(pathname);
    return hostname === '' && path.length > 1 ? { server: { path }, ...rest } : undefined;
  }
  if (protocol !== 'redis:' && protocol !== 'rediss:') return undefined;
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === ''
    ? undefined
    : { server: { host, port: Number(url.port) || REDIS_PORT }, ...rest };
}

/** `host`, `host:6380`, `[::1]:6380`; undefined: neither. */
export function parseAddress(text: string, port: number): Required<Address> | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/i.exec(text);
  if (!match) return undefined;
  const given = match[3] === undefined ? port : Number(match[3]);
  return given >= 1 && given <= 65_535 ? { host: (match[1] ?? match[2])!, port: given } : undefined;
}

function credentialsOf({ username, password }: URL) {
  return {
    ...(username === '' ? {} : { username: decode(username) }),
    ...(password === '' ? {} : { password: decode(password) }),
  };
}

/** A stray `%` stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

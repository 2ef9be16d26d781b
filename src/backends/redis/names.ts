// Makes the names of keys, servers, nodes and stores that operators see. None has credentials.
import type { RedisStore } from '../../config/types.js';
import { ALONE } from './nodes.js';

/** The streams that the runtime writes for each system. */
export const KINDS = ['events', 'audits', 'dead_letters'] as const;

/** `127.0.0.1:6379/1`, `/run/redis.sock/1`, `mymaster (sentinel)` */
export function serverName({ server, db }: RedisStore): string {
  switch (server.kind) {
    case 'single': {
      const { at } = server;
      const place = 'path' in at ? at.path : withPort(at.host, at.port);
      return db === 0 ? place : `${place}/${db}`;
    }
    case 'sentinel':
      return `${server.name} (sentinel)`;
    case 'cluster': {
      const [first] = server.nodes;
      return `cluster of ${withPort(first!.host, first!.port)}`;
    }
  }
}

/** `10.0.0.7:6379 (of the cluster of 10.0.0.5:6379)`; of a single server, its own. */
export function nodeName(store: RedisStore, node: string): string {
  return node === ALONE ? serverName(store) : `${node} (of the ${serverName(store)})`;
}

/** `redis 127.0.0.1:6379, papyra:local`: what the operator calls the store. */
export function targetName(store: RedisStore): string {
  return `${serverName(store)} ${storeKey(store)}`;
}

/** `papyra:local`, `papyra:a,b`, `papyra:*` */
export function storeKey({ prefix, systems }: RedisStore): string {
  return `${prefix}:${systems.join(',')}`;
}

export function withPort(host: string, port: number | undefined): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port ?? 6379}`;
}

/** A warning. */
export function nothingThere(target: string): string {
  return `no entries in ${target}: the runtime has written nothing there yet`;
}

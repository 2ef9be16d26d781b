import { randomUUID } from 'node:crypto';
import calculateSlot from 'cluster-key-slot';
import { Cluster, type Redis } from 'ioredis';
import type { Client } from './connect.js';

/** The one server, as a node: it has no name among others. */
export const ALONE = '';

/**
 * The masters, by name: the one server, or those that have the slots of a cluster. undefined: there is no connection to
 * it. That of a master that went away is gone from the list of connections, but its slots are not.
 */
export function mastersOf(client: Client): Map<string, Redis | undefined> {
  if (!(client instanceof Cluster)) return new Map([[ALONE, client]]);
  const connected = new Map(
    client.nodes('all').map((node) => [`${node.options.host}:${node.options.port}`, node]),
  );
  const names = new Set(client.slots.flatMap((slot) => slot?.[0] ?? []));
  return new Map([...names].map((name) => [name, connected.get(name)]));
}

/** The name of the master that has a key. */
export function masterOf(client: Client, key: string): string {
  return client instanceof Cluster ? (client.slots[calculateSlot(key)]?.[0] ?? ALONE) : ALONE;
}

/** A key that no one uses, and that this master would have. */
export function freeKey(client: Client, node: string, prefix: string): string {
  for (;;) {
    const key = `${prefix}:papyra-probe:${randomUUID()}`;
    if (masterOf(client, key) === node) return key;
  }
}

/** A stream, and the master that has it. */
export interface Place {
  key: string;
  node: string;
}

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
  const names = new Set(client.slots.flatMap((nodes) => nodes.slice(0, 1)));
  return new Map([...names].map((name) => [name, connected.get(name)]));
}

/** The name of the master that has a key. */
export function masterOf(client: Client, key: string): string {
  return client instanceof Cluster ? (client.slots[calculateSlot(key)]?.[0] ?? ALONE) : ALONE;
}

/** A master with one slot of 16,384 is found with half so many tries, or none: then its slots are gone by now. */
const MOST_TRIES = 500_000;

/** A key that no one uses, and that this master would have. */
export function freeKey(client: Client, node: string, prefix: string): string {
  const made = () => `${prefix}:papyra-probe:${randomUUID()}`;
  let key = made();
  for (let tries = 0; tries < MOST_TRIES && masterOf(client, key) !== node; tries++) key = made();
  return key;
}

/** A stream, and the master that has it. */
export interface StreamLocation {
  key: string;
  node: string;
}

// Tells which masters a connection has, and which one has a key.
import { randomUUID } from 'node:crypto';
import calculateSlot from 'cluster-key-slot';
import { Cluster, type Redis } from 'ioredis';
import type { Client } from './connect.js';

/** The name of a server that is not in a cluster. */
export const ALONE = '';

/**
 * The masters by name: the one server, or those that have the slots of a cluster. undefined: there is no connection to
 * it, because a master that goes away leaves the list of connections while the slots still name it.
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

/** Half as many tries find a master with one of the 16,384 slots. If these do not, its slots are gone by now. */
const MOST_TRIES = 500_000;

/** A key that nobody uses, and that belongs to this master. */
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

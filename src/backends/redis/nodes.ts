import calculateSlot from 'cluster-key-slot';
import { Cluster, type Redis } from 'ioredis';
import type { Client } from './connect.js';

/** The masters, by name: the one server, or those of a cluster. */
export function mastersOf(client: Client): Map<string, Redis> {
  if (!(client instanceof Cluster)) return new Map([['', client]]);
  return new Map(
    client.nodes('master').map((node) => [`${node.options.host}:${node.options.port}`, node]),
  );
}

/** The name of the master that has a key. */
export function masterOf(client: Client, key: string): string {
  return client instanceof Cluster ? (client.slots[calculateSlot(key)]?.[0] ?? '') : '';
}

/** A stream, and the master that has it. */
export interface Place {
  key: string;
  node: string;
}

// Makes sure that every master of a cluster announces an address, before ioredis is asked.
import type { Address } from '../../config/types.js';
import { PapyraError } from '../../errors/errors.js';
import { withPort } from './names.js';

/** An answer to CLUSTER SLOTS: `[first slot, last slot, [host, port, …] of the master, of its replicas …]`. */
type Slots = [number, number, [string | null, number, ...unknown[]], ...unknown[]][];

/**
 * ioredis leaves out a master without an address, as if its slots belonged to a replica or to nobody. Redis announces
 * none where `cluster-preferred-endpoint-type` is `unknown-endpoint`, `?` where it is `hostname` and there is none, and
 * an empty one while a node does not know its own.
 *
 * @throws {PapyraError} `try_again` while no slot has a master, `config_invalid` when a master has no address.
 */
export function assertTopology(answer: unknown, asked: Required<Address>): void {
  const slots = answer as Slots;
  const by = withPort(asked.host, asked.port);
  if (slots.length === 0) {
    throw new PapyraError(
      'try_again',
      `Redis ${by} is of a cluster in which no slot has a master yet`,
      {
        hint: 'create it: redis-cli --cluster create …, or look at CLUSTER INFO; nothing was done',
      },
    );
  }
  for (const [from, to, [host, port]] of slots) {
    if (host !== null && host !== '' && host !== '?') continue;
    throw new PapyraError(
      'config_invalid',
      `Redis ${by} announces no address for the master of the slots ${from} to ${to} (${host === null ? 'an unknown endpoint' : `'${host}'`}, port ${port})`,
      {
        hint: 'set cluster-announce-ip on that node, or cluster-announce-hostname and cluster-preferred-endpoint-type; nothing was done',
      },
    );
  }
}

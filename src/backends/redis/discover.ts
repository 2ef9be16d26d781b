// Finds the streams of the configured systems, and the master of each.
import type { RedisStore } from '../../config/types.js';
import { PapyraError } from '../../errors/errors.js';
import type { Client } from './connect.js';
import { KINDS } from './names.js';
import { masterOf, mastersOf, type StreamLocation } from './nodes.js';
import type { Session } from './session.js';

/** Keys looked at in one step of a search: well under a millisecond of the server's time. */
const SCAN_COUNT = 1000;

const AGAIN = 'the cluster is failing over; run again when it has settled';

export interface Found {
  /** In a fixed order. Streams of systems that were named are listed even if they do not exist. */
  places: StreamLocation[];
  /** Masters that could not be searched, and why. */
  failures: { node: string; error: unknown }[];
}

export async function findStreams(session: Session): Promise<Found> {
  const { prefix, systems } = session.store;
  if (systems[0] === '*') return search(session);
  const keys = systems.flatMap((system) => KINDS.map((kind) => `${prefix}:${system}:${kind}`));
  const places = await session.inspect((client) =>
    keys.map((key) => ({ key, node: masterOf(client, key) })),
  );
  return { places, failures: [] };
}

/** Searches for all systems. Each master is asked, because each has its own keys. */
async function search(session: Session): Promise<Found> {
  const found = new Map<string, StreamLocation>();
  const failures: Found['failures'] = [];
  const nodes = await session.inspect((client) => [...mastersOf(client).keys()]);
  await Promise.all(
    nodes.map(async (node) => {
      try {
        for await (const key of scan(session, node)) {
          // SCAN may return a key twice.
          if (isStream(key, session.store)) found.set(key, { key, node });
        }
      } catch (error) {
        if (nodes.length === 1 || isInterruption(error)) throw error;
        failures.push({ node, error });
      }
    }),
  );
  return { places: [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1)), failures };
}

function isInterruption(error: unknown): boolean {
  return error instanceof PapyraError && error.code === 'interrupted';
}

async function* scan(session: Session, node: string): AsyncGenerator<string> {
  const pattern = `${escaped(session.store.prefix)}:*`;
  let cursor = '0';
  do {
    const at = cursor;
    const [next, keys] = await session.run(node, async (client) => {
      const master = mastersOf(client).get(node);
      if (!master) throw lost(client, node);
      const page = await master.call('SCAN', at, 'MATCH', pattern, 'COUNT', SCAN_COUNT, 'TYPE', 'stream'); // prettier-ignore
      return page as [string, string[]];
    });
    yield* keys;
    cursor = next;
  } while (cursor !== '0');
}

/** The cursor is lost with a master that fails over. A master that still has its slots may come back. */
function lost(client: Client, node: string): Error {
  if (mastersOf(client).has(node)) return new Error('Connection is closed.');
  return new PapyraError('try_again', `master ${node} is gone`, { hint: AGAIN });
}

/** `prefix:system:events`. With another colon the key may be in quarantine, or belong to a longer prefix. */
function isStream(key: string, { prefix }: RedisStore): boolean {
  const [system, kind, ...more] = key.slice(prefix.length + 1).split(':');
  return system !== '' && more.length === 0 && KINDS.some((known) => known === kind);
}

/** Escapes what has a meaning in a pattern. */
function escaped(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}

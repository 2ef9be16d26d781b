import type { RedisStore } from '../../config/types.js';
import { PapyraError } from '../../errors.js';
import { KINDS } from './names.js';
import { masterOf, mastersOf } from './nodes.js';
import type { Session } from './session.js';

/** A stream that may be there, and the master that has it. */
export interface Place {
  key: string;
  node: string;
}

/** Keys looked at in one step of a search: well under a millisecond of the server's time. */
const SCAN_COUNT = 1000;

const AGAIN = 'the cluster is failing over; run again when it has settled';

/** The streams of the configured systems: those of names whether they are there or not, in order. */
export async function findStreams(session: Session): Promise<Place[]> {
  const { prefix, systems } = session.store;
  if (systems[0] === '*') return search(session);
  const keys = systems.flatMap((system) => KINDS.map((kind) => `${prefix}:${system}:${kind}`));
  return session.look((client) => keys.map((key) => ({ key, node: masterOf(client, key) })));
}

/** All systems: each master is asked, for each has keys of its own. */
async function search(session: Session): Promise<Place[]> {
  const found = new Map<string, Place>();
  const nodes = await session.look((client) => [...mastersOf(client).keys()]);
  for (const node of nodes) {
    for await (const key of scan(session, node)) {
      // A key may be seen twice.
      if (isStream(key, session.store)) found.set(key, { key, node });
    }
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function* scan(session: Session, node: string): AsyncGenerator<string> {
  const pattern = `${escaped(session.store.prefix)}:*`;
  let cursor = '0';
  do {
    const at = cursor;
    const [next, keys] = await session.run(async (client) => {
      const master = mastersOf(client).get(node);
      // It has failed over: the cursor is of a server that is gone.
      if (!master) throw new PapyraError('try_again', `master ${node} is gone`, { hint: AGAIN });
      const page = await master.call('SCAN', at, 'MATCH', pattern, 'COUNT', SCAN_COUNT, 'TYPE', 'stream'); // prettier-ignore
      return page as [string, string[]];
    });
    yield* keys;
    cursor = next;
  } while (cursor !== '0');
}

/** `prefix:system:events`; what is in quarantine is not a log. */
function isStream(key: string, { prefix }: RedisStore): boolean {
  const rest = key.slice(prefix.length + 1);
  const kind = rest.slice(rest.lastIndexOf(':') + 1);
  const system = rest.slice(0, -kind.length - 1);
  return system !== '' && KINDS.some((known) => known === kind) && !`${system}:`.includes(':quarantine:'); // prettier-ignore
}

/** What a pattern would take for more than itself. */
function escaped(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}

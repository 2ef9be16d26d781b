// Tells which consumer groups have entries pending that are about to be deleted.
import { PapyraError } from '../../errors/errors.js';
import { isUnavailable } from './failure.js';
import type { StreamReading } from './read-streams.js';
import type { Session } from './session.js';
import { fieldsOf } from './stream.js';

/** Short questions that are asked at a time. */
const AT_A_TIME = 100;

/**
 * A sentence for each group. XDEL takes an entry from the stream, not from the list of a group: that is said, and not
 * mended, for what a group has given out is between its consumers and the server.
 */
export async function pendingWarnings(session: Session, stream: StreamReading): Promise<string[]> {
  const { key, node, state, corrupted, next } = stream;
  if (state.groups === 0 || corrupted.length === 0) return [];
  try {
    const groups = (await session.run(node, (client) =>
      client.callBuffer('XINFO', 'GROUPS', key),
    )) as unknown[];
    const warnings: string[] = [];
    for (const group of groups.map(fieldsOf)) {
      if (Number(group.get('pending')) === 0) continue;
      const name = group.get('name') as Buffer;
      const pending = await countPending(session, stream, name);
      if (pending === 0) continue;
      const many = `${next === undefined ? '' : 'at least '}${pending}`;
      warnings.push(
        `${key}: consumer group '${name.toString()}' has ${many} of the corrupted entries pending: their ids stay on its list, and its consumers find nothing there, until they are acknowledged (XACK) or claimed (XAUTOCLAIM)`,
      );
    }
    return warnings;
  } catch (error) {
    if (!(error instanceof PapyraError && isUnavailable(error.cause))) throw error;
    return [
      `${key}: whether consumer groups have corrupted entries pending is not known, because this user may not ask (XINFO GROUPS, XPENDING)`,
    ];
  }
}

async function countPending(
  session: Session,
  { key, node, corrupted }: StreamReading,
  group: Buffer,
): Promise<number> {
  let pending = 0;
  for (let at = 0; at < corrupted.length; at += AT_A_TIME) {
    const some = corrupted.slice(at, at + AT_A_TIME);
    const answers = await session.run(node, (client) =>
      Promise.all(some.map(({ id }) => client.call('XPENDING', key, group, id, id, 1))),
    );
    pending += answers.filter((answer) => (answer as unknown[]).length > 0).length;
  }
  return pending;
}

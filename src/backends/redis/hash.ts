// Changes a Redis hash that several hosts may change at once: WATCH, read, MULTI with increments and texts, EXEC.
// When somebody else has changed it meanwhile, EXEC does nothing and the change begins anew. A server without
// transactions gets one command at a time: increments still add up, and the texts are those of the last run.
import { PapyraError } from '../../errors/errors.js';
import type { HashChange, SharedHash } from '../backend.js';
import type { Client } from './connect.js';
import { isUnavailable } from './failure.js';
import { masterOf } from './nodes.js';
import type { Session } from './session.js';

const ATTEMPTS = 20;

export function redisHash(session: Session, key: string): SharedHash {
  const nodeOf = () => session.inspect((client) => masterOf(client, key));
  let transactions: boolean | undefined;
  return {
    name: `${key} in Redis ${session.name}`,
    read: async () => session.run(await nodeOf(), (client) => client.hgetall(key)),
    async update(change) {
      session.allowLastCommands();
      const node = await nodeOf();
      transactions ??= await hasTransactions(session, node, key);
      if (!transactions) {
        await session.run(node, (client) => changePlainly(client, key, change));
        return;
      }
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await session.run(await nodeOf(), (client) => changeAtOnce(client, key, change)))
          return;
      }
      throw new PapyraError('try_again', `${key} is changed all the time`);
    },
  };
}

type Change = (current: Record<string, string>) => HashChange;

/** False: somebody else was faster, and nothing was done. */
async function changeAtOnce(client: Client, key: string, change: Change): Promise<boolean> {
  await client.watch(key);
  const { add, set } = change(await client.hgetall(key));
  const transaction = client.multi();
  transaction.hset(key, set);
  for (const [field, amount] of Object.entries(add)) transaction.hincrby(key, field, amount);
  const results = await transaction.exec();
  for (const [error] of results ?? []) if (error) throw error;
  return results !== null;
}

async function changePlainly(client: Client, key: string, change: Change): Promise<void> {
  const { add, set } = change(await client.hgetall(key));
  await client.hset(key, set);
  for (const [field, amount] of Object.entries(add)) await client.hincrby(key, field, amount);
}

/** Tries one that changes nothing: nobody knows what a transaction has done that is refused halfway. */
async function hasTransactions(session: Session, node: string, key: string): Promise<boolean> {
  const works = await session.run(node, async (client) => {
    try {
      await client.watch(key);
      await client.multi().hgetall(key).exec();
      return true;
    } catch (error) {
      const { previousErrors = [] } = error as { previousErrors?: unknown[] };
      if ([error, ...previousErrors].some(isUnavailable)) return false;
      throw error;
    }
  });
  // The connection may have begun a transaction that it cannot end.
  if (!works) session.renew();
  return works;
}

import { PapyraError } from '../../errors/errors.js';
import type { HashChange, SharedHash } from '../backend.js';
import type { Client } from './connect.js';
import { isUnavailable } from './failure.js';
import { masterOf } from './nodes.js';
import type { Session } from './session.js';

const ATTEMPTS = 20;

/**
 * A hash of Redis: increments that add up, in a transaction that begins anew when it was overtaken. Where the server has
 * no transactions, they are made one by one; what is set then is that of the run that was last.
 */
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

/** False: it was overtaken, and nothing was done. */
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

/** Tried with one that changes nothing: of one that is refused halfway nobody knows what was done. */
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
  // It may have begun one that it cannot end.
  if (!works) session.renew();
  return works;
}

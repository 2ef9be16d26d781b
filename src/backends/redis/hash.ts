import { PapyraError } from '../../errors.js';
import type { SharedHash } from '../backend.js';
import { masterOf } from './nodes.js';
import type { Session } from './session.js';

const ATTEMPTS = 20;

/** A hash of Redis: increments that add up, in a transaction that begins anew when it was overtaken. */
export function redisHash(session: Session, key: string): SharedHash {
  const nodeOf = () => session.look((client) => masterOf(client, key));
  return {
    name: `${key} in Redis ${session.name}`,
    read: async () => session.run(await nodeOf(), (client) => client.hgetall(key)),
    async update(change) {
      session.lastWords();
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const done = await session.run(await nodeOf(), async (client) => {
          await client.watch(key);
          const { add, set } = change(await client.hgetall(key));
          const transaction = client.multi();
          transaction.hset(key, set);
          for (const [field, amount] of Object.entries(add))
            transaction.hincrby(key, field, amount);
          const results = await transaction.exec();
          for (const [error] of results ?? []) if (error) throw error;
          return results !== null;
        });
        if (done) return;
      }
      throw new PapyraError('try_again', `${key} is changed all the time`);
    },
  };
}

// Checks that a master is ready, and that its XTRIM … MINID takes no entry that must stay.
import type { Redis } from 'ioredis';
import { Failure } from './failure.js';
import { ifAvailable, infoField } from './info.js';

/** The first Redis with XTRIM … MINID, and the first whose MINID takes no entry that must stay (redis/redis#9410). */
const FIRST = [6, 2, 0];
const SOUND = [6, 2, 7];

/**
 * Judges Redis by its version. Other servers (Valkey, KeyDB, KVRocks, Dragonfly) have versions of their own, or that of
 * a Redis that they are not, and without INFO a server may be any: these are asked to trim a key that does not exist.
 *
 * @returns Whether it is known to trim no more than it is told to; if not, `assertSound` tries it.
 */
export async function judge(server: Redis, absentKey: string): Promise<boolean> {
  const info = await ifAvailable(server.info());
  const field = (name: string) => infoField(info, name);
  if (field('loading') === '1') throw new Failure('LOADING');
  if (field('role') === 'slave') throw new Failure('READONLY');
  const version = isRedis(field) ? field('redis_version') : null;
  if (version === null) {
    await assertKnowsMinid(server, absentKey);
    return false;
  }
  if (isBelow(version, FIRST)) throw new Failure('OLD');
  if (isBelow(version, SOUND)) throw new Failure('LOSING');
  return true;
}

/** Fields of INFO that Redis does not have. KeyDB is known by `mvcc_depth`. */
const OTHERS = ['valkey_version', 'kvrocks_version', 'dragonfly_version', 'mvcc_depth'];

function isRedis(field: (name: string) => string | null): boolean {
  return (field('server_name') ?? 'redis') === 'redis' && OTHERS.every((name) => field(name) === null); // prettier-ignore
}

function isBelow(version: string, least: readonly number[]): boolean {
  const numbers = version.split('.').map((part) => parseInt(part, 10) || 0);
  const at = least.findIndex((number, index) => (numbers[index] ?? 0) !== number);
  return at !== -1 && (numbers[at] ?? 0) < least[at]!;
}

/** Changes nothing. A user who may not trim is told so when there is something to trim. */
async function assertKnowsMinid(server: Redis, absentKey: string): Promise<void> {
  await ifAvailable(server.call('XTRIM', absentKey, 'MINID', '=', '0-1'));
}

/** Two entries of one node, so far apart that the difference of their times is 0 in 32 bits. */
const OLD_ID = '1-1';
const LIVE_ID = `${2 ** 32 + 1}-1`;

/**
 * Tries on a key of our own whether MINID takes an entry that must stay, as that of Redis below 6.2.7 does.
 *
 * @throws {Failure} when it does.
 */
export async function assertSound(server: Redis, ownKey: string): Promise<void> {
  const answers = await server
    .pipeline()
    .xadd(ownKey, OLD_ID, 'data', '')
    .xadd(ownKey, LIVE_ID, 'data', '')
    .call('XTRIM', ownKey, 'MINID', '=', '2-0')
    .call('XLEN', ownKey)
    .del(ownKey)
    .exec();
  for (const [error] of answers!) if (error) throw error;
  if (Number(answers![3]![1]) !== 1) throw new Failure('LOSING');
}

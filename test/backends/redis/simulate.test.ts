import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSystem } from '../../../src/index.js';
import { Random, testSeed } from '../../support/random.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';

const START = 1_790_000_000;
const ROUNDS = process.env['PAPYRA_SOAK'] === '1' ? 150 : 5;

let server: Server;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(stopServers);

/** Streams in which records may be a little out of order, and some have no time of their own. */
async function fill(random: Random, client: Redis): Promise<void> {
  await client.flushall();
  for (const kind of ['events', 'audits']) {
    const key = `papyra:local:${kind}`;
    const count = random.below(random.pick([1, 300, 4000]));
    for (let at = 0; at < count; at++) {
      const time = START + at * 5 + (random.chance(0.9) ? 0 : random.below(50) - 25);
      const data = random.chance(0.95)
        ? `{"kind": "event", "timestamp": ${time}, "pad": "${'x'.repeat(random.below(100))}"}`
        : 'torn';
      void client.xadd(key, `${START + at * 5}000-${at % 3}`, 'data', data);
    }
    if (count > 0 && random.chance(0.3)) {
      await client.xgroup('CREATE', key, 'billing', `${START + 5 * random.below(count)}000-0`);
    }
  }
  await client.ping();
}

test('a simulation says for each limit what a dry run with it says, group or not', async () => {
  const seed = testSeed('simulate redis');
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(seed + round);
    await fill(random, server.client);
    const given = {
      max_age_seconds: random.chance(0.5) ? 1 + random.below(20_000) : undefined,
      max_records: random.chance(0.3) ? 1 + random.below(3000) : undefined,
      max_total_bytes: random.chance(0.3) ? 1 + random.below(200_000) : undefined,
    };
    const retention = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)); // prettier-ignore
    const store = { persistence: { backend: 'redis' as const, url: server.url, approx_trim: false, retention } }; // prettier-ignore
    const now = START + 20_000.5;
    const system = await openSystem(store);
    const report = await system.persistence.simulate({ now });
    await system.close();
    for (const { limit, value, flag, kept_records, dropped_records, exact } of report.limits) {
      const other = await openSystem({ ...store, overrides: limit === null ? {} : { [limit]: value } }); // prettier-ignore
      const { records } = await other.persistence.compact({
        dryRun: true,
        maxDrop: 1,
        allowEmpty: true,
        now,
      });
      await other.close();
      expect(exact).toBe(true);
      const where = `seed ${seed + round} ${flag}`;
      expect({ kept_records, dropped_records }, where).toEqual({ kept_records: records.kept, dropped_records: records.dropped }); // prettier-ignore
    }
  }
}, 120_000);

test('the room of a store is the maxmemory of its server, and its growth that of its ids', async () => {
  const { client } = server;
  await client.flushall();
  const now = Math.floor(Date.now() / 1000);
  for (let at = 0; at < 2000; at++) void client.xadd('papyra:local:events', `${now - 200_000 + at * 100}000-0`, 'data', `{"timestamp": ${now - 200_000 + at * 100}}`); // prettier-ignore
  await client.ping();
  const used = Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
  await client.config('SET', 'maxmemory', used + 100_000);
  const system = await openSystem({ persistence: { backend: 'redis', url: server.url, retention: { max_age_seconds: 864_000 } } }); // prettier-ignore
  const { checks } = await system.doctor();
  await client.config('SET', 'maxmemory', 0);
  const free = await system.doctor();
  await system.close();
  const reason = (found: typeof checks) => found.find(({ name }) => name === 'forecast')?.reason;
  expect(reason(checks)).toMatch(
    /^(the memory is full (in|within)|levels off at).*86[0-9] records a day/,
  );
  expect(reason(free.checks)).toMatch(/^levels off at .* in \d+ days, at/);
});

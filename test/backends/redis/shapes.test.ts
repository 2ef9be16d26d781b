import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BARE, compact, papyra } from '../../support/papyra.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';

let server: Server;
let env: NodeJS.ProcessEnv;
const KEY = 'papyra:local:events';

beforeAll(async () => {
  server = await startRedis();
  env = { ...BARE, PAPYRA_REDIS_URL: server.url };
});
afterAll(stopServers);
beforeEach(async () => {
  await server.client.flushall();
  await server.client.config('SET', 'stream-node-max-bytes', 0);
  await server.client.config('RESETSTAT');
});

const run = (...args: string[]) => compact(['--backend', 'redis', ...args], { env });

/** A stream of so many entries, a second apart, in nodes of that size; 0: all in one. */
async function fill(entries: number, node: number): Promise<void> {
  await server.client.config('SET', 'stream-node-max-entries', node);
  const begin = Date.now() - entries * 1000;
  for (let from = 0; from < entries; from += 2000) {
    const pipeline = server.client.pipeline();
    for (let n = from; n < Math.min(entries, from + 2000); n++) {
      const time = begin + n * 1000;
      pipeline.xadd(KEY, `${time}-0`, 'data', `{"timestamp": ${time / 1000}}`);
    }
    await pipeline.exec();
  }
}

async function infoOf(field: string): Promise<unknown> {
  const info = (await server.client.call('XINFO', 'STREAM', KEY)) as unknown[];
  return info[info.indexOf(field) + 1];
}

/** How often the server was asked to trim. */
async function trims(): Promise<number> {
  const stats = await server.client.info('commandstats');
  return Number(/cmdstat_xtrim:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

describe('a stream in large nodes', () => {
  test('28 000 entries in one, half to go: exact takes them in a few commands', async () => {
    await fill(28_000, 0);
    expect(await infoOf('radix-tree-keys')).toBe(1);
    const { code, report } = await run('--max-records', '14000', '--exact');
    expect([code, report.records.dropped]).toEqual([0, 14_000]);
    expect(await server.client.xlen(KEY)).toBe(14_000);
    expect(await trims()).toBeLessThan(20);
  });

  test('approximate takes none of a node of which some stay, and says what is left', async () => {
    await fill(5000, 0);
    const { code, report } = await run('--max-records', '2000', '--approx');
    expect([code, report.records.dropped, report.records.expired_left]).toEqual([0, 0, 3000]);
    expect(await server.client.xlen(KEY)).toBe(5000);
    expect(report.parts[0]!.pinned_by).toMatch(
      /^3000 expired entries are in a node .* --exact takes them/,
    );
    const text = await papyra(['persistence', 'compact', '--backend', 'redis', '--max-records', '2000', '--approx'], { env }); // prettier-ignore
    expect(text.stdout).toMatch(/what has expired cannot go yet[^]*--exact takes them/);
  });

  test('nodes of 500 and of 1000 take no more commands than twice those of 100', async () => {
    const asked: Record<number, number> = {};
    for (const node of [100, 500, 1000]) {
      await server.client.flushall();
      await fill(50_000, node);
      await server.client.config('RESETSTAT');
      expect((await run('--max-records', '25000', '--exact')).code).toBe(0);
      expect(await server.client.xlen(KEY)).toBe(25_000);
      asked[node] = await trims();
    }
    expect(asked[500]).toBeLessThanOrEqual(2 * asked[100]!);
    expect(asked[1000]).toBeLessThanOrEqual(2 * asked[100]!);
  });
});

describe('entries that were deleted', () => {
  test('the last ones: an emptied stream keeps no node, and what comes later stays', async () => {
    await fill(250, 100);
    const ids = (await server.client.xrange(KEY, '-', '+')).map(([id]) => id);
    await server.client.xdel(KEY, ...ids.slice(-30));
    const { code } = await run('--max-age', '0.001s', '--exact', '--allow-empty');
    expect(code).toBe(0);
    expect([await infoOf('length'), await infoOf('radix-tree-keys')]).toEqual([0, 0]);
    await server.client.xadd(KEY, '*', 'data', '{}');
    expect(await server.client.xlen(KEY)).toBe(1);
  });

  test('pending ones that are gone hold nothing back; those that are there still do', async () => {
    await fill(1000, 100);
    await server.client.xgroup('CREATE', KEY, 'workers', '0');
    await server.client.xreadgroup('GROUP', 'workers', 'one', 'COUNT', 1000, 'STREAMS', KEY, '>');
    const ids = (await server.client.xrange(KEY, '-', '+')).map(([id]) => id);
    // The first three hundred are pending, and all but the 200th of them are deleted.
    await server.client.xack(KEY, 'workers', ...ids.slice(300));
    await server.client.xdel(KEY, ...ids.slice(0, 300).filter((_, at) => at !== 200));
    const held = await run('--max-records', '100', '--exact');
    expect(held.report.parts[0]!.pinned_by).toMatch(/group 'workers'.*not acknowledged.*XACK/);
    expect((await server.client.xrange(KEY, '-', '+', 'COUNT', 1))[0]![0]).toBe(ids[200]);
    await server.client.xdel(KEY, ids[200]!);
    const free = await run('--max-records', '100', '--exact');
    expect([free.code, await server.client.xlen(KEY)]).toEqual([0, 100]);
    expect(free.report.parts[0]).not.toHaveProperty('pinned_by');
  });
});

import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { execa, execaSync } from 'execa';
import { Cluster, type Redis } from 'ioredis';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { tempRedisConfig } from '../../support/config.js';
import { BARE, compact, PAPYRA, type Report } from '../../support/papyra.js';
import { Random, testSeed } from '../../support/random.js';
import {
  startCluster,
  startRedis,
  startSentinels,
  stopServers,
  type Server,
} from '../../support/redis.js';
import { load, readStream, streamEntries, type StreamEntry } from '../../support/streams.js';

afterEach(stopServers);

const KEY = 'papyra:local:events';

/**
 * Many short entries, made by the server itself: ids of one a second. Each has a node of its own: a trim frees nodes, and
 * lasts the longer for it, so that there is time to do something in the middle of it.
 */
async function fill(client: Redis, count: number, key = KEY): Promise<void> {
  await client.config('SET', 'stream-node-max-entries', 1);
  const script = `for i = ARGV[1], ARGV[2] do redis.call('XADD', KEYS[1], (1790000000 + i) .. '000-0', 'data', '{"kind": "event", "timestamp": ' .. (1790000000 + i) .. '.0}') end`;
  for (let from = 0; from < count; from += 50_000) {
    await client.eval(script, 1, key, from, Math.min(count, from + 50_000) - 1);
  }
}

/** The first and last entries of the model, and how many: half a million are not compared one by one. */
async function shapeOf(client: Redis, key = KEY) {
  const [[first], [last], length] = await Promise.all([
    client.xrange(key, '-', '+', 'COUNT', 1),
    client.xrevrange(key, '+', '-', 'COUNT', 1),
    client.xlen(key),
  ]);
  return { first: first?.[0], last: last?.[0], length };
}

const shape = (from: number, to: number) => ({
  first: `${1_790_000_000 + from}000-0`,
  last: `${1_790_000_000 + to - 1}000-0`,
  length: to - from,
});

/** Resolves when somebody trims there. */
async function firstTrim(client: Redis): Promise<void> {
  const monitor = await client.duplicate().monitor();
  await new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, [command]: string[]) => {
      if (command?.toLowerCase() === 'xtrim') resolve();
    });
  });
  monitor.disconnect();
}

const env = (url: string) => ({ ...BARE, PAPYRA_REDIS_URL: url });

describe('killed at any moment', () => {
  const seed = testSeed('kills');

  test('SIGKILL of papyra: nothing is lost that stays, and the next run completes', async () => {
    const random = new Random(seed);
    const { client, url } = await startRedis();
    await fill(client, 300_000);
    for (let round = 0; round < 12; round++) {
      const args = [
        PAPYRA,
        'persistence',
        'compact',
        '--backend',
        'redis',
        '--max-records',
        '1000',
        '--exact',
      ];
      const child = execa(process.execPath, args, {
        env: env(url),
        extendEnv: false,
        reject: false,
      });
      await Promise.race([firstTrim(client), child]);
      await sleep(random.below(12));
      child.kill('SIGKILL');
      await child;
      const { length, last } = await shapeOf(client);
      expect(length, `seed ${seed}, round ${round}`).toBeGreaterThanOrEqual(1000);
      expect(last).toBe(shape(0, 300_000).last);
      if (length === 1000) await client.flushall().then(() => fill(client, 300_000));
    }
    const { code } = await compact(['--backend', 'redis', '--max-records', '1000', '--exact'], {
      env: env(url),
    });
    expect(code).toBe(0);
    expect(await shapeOf(client)).toEqual(shape(299_000, 300_000));
  });

  test('a server that is killed and comes back in mid-run: the run goes on, and counts right', async () => {
    const config = ['appendonly yes', 'appendfsync no'];
    const server = await startRedis({ config });
    await fill(server.client, 300_000);
    const trimming = firstTrim(server.client);
    const running = compact(['--backend', 'redis', '--max-records', '1000', '--exact', '--timeout', '20s'], { env: env(server.url) }); // prettier-ignore
    await trimming;
    await server.stop('SIGKILL');
    const again = await startRedis({ port: server.port, directory: server.directory, config });
    const { code, report, stderr } = await running;
    expect([code, stderr]).toEqual([0, '']);
    expect(await shapeOf(again.client)).toEqual(shape(299_000, 300_000));
    expect(report.records).toMatchObject({ scanned: 300_000, kept: 1000, dropped: 299_000 });
  });

  test('a failover in mid-run: it goes on with the new master', async () => {
    const { master, replica, sentinels } = await startSentinels();
    await fill(master.client, 300_000);
    await master.client.wait(1, 5000);
    const nodes = sentinels.map(({ port }) => `127.0.0.1:${port}`);
    const file = tempRedisConfig({ sentinel: { name: 'papyra', nodes } });
    const trimming = firstTrim(master.client);
    const running = compact([
      '--config',
      file,
      '--max-records',
      '1000',
      '--exact',
      '--timeout',
      '20s',
    ]);
    await trimming;
    await master.stop('SIGKILL');
    const { code, stderr, report } = await running;
    expect([code, stderr]).toEqual([0, '']);
    expect(await shapeOf(replica.client)).toEqual(shape(299_000, 300_000));
    expect(report.records.kept).toBe(1000);
  });

  test('a server that stays away: 69 when the time limit is over, and the next run completes', async () => {
    const server = await startRedis({ config: ['appendonly yes'] });
    await fill(server.client, 300_000);
    const trimming = firstTrim(server.client);
    const running = compact(['--backend', 'redis', '--max-records', '1000', '--exact', '--timeout', '1s'], { env: env(server.url) }); // prettier-ignore
    await trimming;
    await server.stop('SIGKILL');
    const { code, stderr } = await running;
    expect(code).toBe(69);
    expect(stderr).toMatch(/does not listen/);
    const again = await startRedis({
      port: server.port,
      directory: server.directory,
      config: ['appendonly yes'],
    });
    expect((await shapeOf(again.client)).last).toBe(shape(0, 300_000).last);
    await compact(['--backend', 'redis', '--max-records', '1000', '--exact'], {
      env: env(server.url),
    });
    expect(await shapeOf(again.client)).toEqual(shape(299_000, 300_000));
  });
});

describe('stopped', () => {
  test('SIGTERM: 143 within a second; what was trimmed stays trimmed', async () => {
    const { client, url } = await startRedis();
    await fill(client, 300_000);
    const child = execa(process.execPath, [PAPYRA, 'persistence', 'compact', '--backend', 'redis', '--max-records', '1000', '--json'], { env: env(url), extendEnv: false, reject: false }); // prettier-ignore
    await firstTrim(client);
    await client.call('CLIENT', 'PAUSE', '600');
    child.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await child;
    expect(exitCode).toBe(143);
    expect(stderr).toMatch(/stopped by SIGTERM\n/);
    const report = JSON.parse(stdout) as Report;
    expect(report.status).toBe('stopped');
    // What went, and what is left of it; a batch whose answer was on its way is not among them.
    const { dropped, expired_left: left } = report.records;
    expect(dropped! + left!).toBe(299_000);
    expect(dropped).toBeLessThanOrEqual(300_000 - (await client.xlen(KEY)));
    expect(report.parts[0]!.pinned_by).toBe(`stopped by SIGTERM; expired, and still to go: ${left}`); // prettier-ignore
    expect((await shapeOf(client)).last).toBe(shape(0, 300_000).last);
  });

  test('--max-duration: 0, status stopped, and the next run goes on', async () => {
    const { client, url } = await startRedis();
    await fill(client, 400_000);
    const args = ['--backend', 'redis', '--max-records', '1000', '--exact'];
    const first = await compact([...args, '--max-duration', '0.035s'], { env: env(url) });
    expect([first.code, first.report.status]).toEqual([0, 'stopped']);
    const second = await compact(args, { env: env(url) });
    expect(second.report.status).toBe('compacted');
    expect((first.report.records.dropped ?? 0) + second.report.records.dropped!).toBe(399_000);
    expect(await shapeOf(client)).toEqual(shape(399_000, 400_000));
  });
});

describe('several runs at the same time', () => {
  test.each([
    ['with the server counting', []],
    ['where the user may run no scripts', ['-eval']],
  ])(
    '%s: nothing that the latest plan keeps is trimmed, while a writer adds',
    async (_how, rights) => {
      const { client, port } = await startRedis();
      await client.call('ACL', 'SETUSER', 'ops', 'on', '>pw', '~*', '+@all', ...rights);
      await fill(client, 100_000);
      const writer = client.duplicate();
      const writes = { stop: false, added: 0 };
      const writing = (async () => {
        while (!writes.stop) {
          const batch = writer.pipeline();
          for (let one = 0; one < 20; one++)
            batch.xadd(KEY, '*', 'data', `{"n": ${writes.added++}}`);
          await batch.exec();
          await sleep(1);
        }
      })();
      const url = `redis://ops:pw@127.0.0.1:${port}`;
      const args = ['--backend', 'redis', '--max-records', '20000', '--exact'];
      const runs = await Promise.all([1, 2, 3].map(() => compact(args, { env: env(url) })));
      writes.stop = true;
      await writing;
      writer.disconnect();
      const left = await client.xlen(KEY);
      // Each plan keeps the newest 20,000 of its moment, and whatever came later.
      const kept = runs.map(({ report }) => report.records.kept ?? Infinity);
      expect(runs.map(({ code }) => [0, 75].includes(code))).toEqual([true, true, true]);
      expect(Math.min(...kept)).toBeGreaterThanOrEqual(20_000);
      const [[, fields]] = (await client.xrange(KEY, '-', '+', 'COUNT', 1)) as [[string, string[]]];
      const oldest = /"n": (\d+)/.exec(fields[1]!)?.[1] ?? 0;
      // In order, without a gap, up to the last that was written.
      expect(left).toBe(oldest === 0 ? left : writes.added - Number(oldest));
      const newest = runs
        .map(({ report }) => report.parts[0]?.newest ?? '')
        .sort()
        .at(-1)!;
      const since = await client.xrange(KEY, `(${Date.parse(newest)}`, '+');
      expect(left - since.length).toBeGreaterThanOrEqual(20_000 - 20);
    },
  );

  test('a stream that is replaced in mid-run is left alone: 75', async () => {
    const { client, url } = await startRedis();
    await fill(client, 300_000);
    const running = compact(['--backend', 'redis', '--max-records', '1000', '--exact'], {
      env: env(url),
    });
    await firstTrim(client);
    await fill(client, 2000, 'papyra:other:events');
    await client.rename('papyra:other:events', KEY);
    const { code, stderr } = await running;
    expect([code, await client.xlen(KEY)]).toEqual([75, 2000]);
    expect(stderr).toMatch(/made anew, or replaced, meanwhile/);
  });
});

test('expired entries behind live ones take no place in count and size', async () => {
  const { client, url } = await startRedis();
  const now = Math.floor(Date.now() / 1000);
  const entry = (at: number, timestamp: number) => ({
    key: KEY,
    id: `${at}000-0`,
    data: `{"timestamp": ${timestamp}.0}`,
  });
  const old = Array.from({ length: 300 }, (_, index) => entry(now - 90_000 + index, now - 90_000));
  const live = Array.from({ length: 300 }, (_, index) => entry(now - 5000 + index, now - 5000));
  const replayed = Array.from({ length: 200 }, (_, index) =>
    entry(now - 1000 + index, now - 80_000),
  );
  await load(client, [...old, ...live, ...replayed]);
  for (const limit of [
    ['--max-records', '300'],
    ['--max-total-bytes', '9000'],
  ]) {
    const { code } = await compact(
      ['--backend', 'redis', '--max-age', '10h', ...limit, '--exact'],
      { env: env(url) },
    );
    expect(code).toBe(0);
    expect(await readStream(client, KEY)).toEqual([...live, ...replayed]);
  }
});

test('a writer whose clock is an hour ahead now and then loses nothing to an exact trim', async () => {
  const { client, url } = await startRedis();
  const now = Math.floor(Date.now() / 1000);
  const entries = Array.from({ length: 4000 }, (_, index) => {
    const at = now - 8000 + index;
    return {
      key: KEY,
      id: `${at}000-0`,
      data: `{"timestamp": ${index === 2345 ? at + 6000 : at}.0}`,
    };
  });
  await load(client, entries);
  const { report } = await compact(['--backend', 'redis', '--max-age', '5000s', '--exact'], {
    env: env(url),
  });
  expect(await readStream(client, KEY)).toEqual(entries.slice(2345));
  expect(report.records.dropped).toBe(2345);
});

describe('consumer groups', () => {
  let server: Server;
  const entries: StreamEntry[] = streamEntries({ seed: 3, count: 900 }).filter(
    ({ key }) => key === KEY,
  );

  async function prepare(read: number, acknowledged: number): Promise<void> {
    server = await startRedis();
    await load(server.client, entries);
    await server.client.xgroup('CREATE', KEY, 'billing', '0');
    const [[, given]] = (await server.client.xreadgroup('GROUP', 'billing', 'c1', 'COUNT', read, 'STREAMS', KEY, '>')) as unknown as [[string, [string][]]]; // prettier-ignore
    for (const [id] of given.slice(0, acknowledged)) await server.client.xack(KEY, 'billing', id);
  }
  const run = (...args: string[]) =>
    compact(['--backend', 'redis', '--exact', '--max-records', '50', ...args], {
      env: env(server.url),
    });

  test.each([
    ['undelivered', 100, 100, 100],
    ['pending', 300, 120, 120],
  ])(
    '%s entries stay; the report names the group and how much it holds back',
    async (_what, read, acknowledged, floor) => {
      await prepare(read, acknowledged);
      const preview = await run('--dry-run');
      const { code, report } = await run();
      expect(code).toBe(0);
      expect(preview.report.records).toEqual(report.records);
      expect(await readStream(server.client, KEY)).toEqual(entries.slice(floor));
      expect(report.records.dropped).toBe(floor);
      expect(report.records.expired_left).toBe(entries.length - 50 - floor);
      expect(report.parts[0]!.pinned_by).toMatch(
        new RegExp(
          `consumer group 'billing'.* ${entries.length - 50 - floor} expired entries stay; .*--ignore-group billing`,
        ),
      );
      const other = await run('--ignore-group', 'other');
      expect(other.report.records.dropped).toBe(0);
      const ignored = await run(
        ...(read === 100 ? ['--ignore-group', 'billing'] : ['--ignore-groups']),
      );
      expect(ignored.report.records.kept).toBe(50);
      expect(await readStream(server.client, KEY)).toEqual(entries.slice(-50));
    },
  );

  test('a group that has read and acknowledged everything holds nothing back', async () => {
    await prepare(10_000, 10_000);
    const { report } = await run();
    expect(report.parts[0]!.pinned_by).toBeUndefined();
    expect(await readStream(server.client, KEY)).toEqual(entries.slice(-50));
  });
});

test('an archive has exactly what was trimmed, also with approximate trims and several streams', async () => {
  const { client, url } = await startRedis();
  const entries = streamEntries({ seed: 5, count: 600 });
  entries[0]!.data = 'not JSON';
  await load(client, entries);
  const archive = mkdtempSync(join(tmpdir(), 'papyra-archive-'));
  const { code, report } = await compact(['--backend', 'redis', '--max-records', '20', '--approx', '--archive', archive], { env: env(url) }); // prettier-ignore
  expect(code).toBe(0);
  const [name] = readdirSync(archive).filter((one) => one.startsWith('papyra-archive_'));
  expect(report.archive).toBe(join(archive, name!));
  const lines = gunzipSync(readFileSync(join(archive, name!)))
    .toString()
    .trim()
    .split('\n');
  const archived = lines.map((line) => JSON.parse(line) as StreamEntry);
  for (const kind of ['events', 'audits', 'dead_letters']) {
    const key = `papyra:local:${kind}`;
    const all = entries.filter((entry) => entry.key === key);
    const kept = await readStream(client, key);
    expect(kept).toEqual(all.slice(-20));
    expect(archived.filter((entry) => entry.key === key)).toEqual(all.slice(0, -20));
  }
});

describe('a cluster', () => {
  afterAll(stopServers);

  test('all systems are found on every master; one stream that fails does not stop the others', async () => {
    const nodes = await startCluster();
    const cluster = new Cluster([{ host: '127.0.0.1', port: nodes[0]!.port }]);
    const systems = Array.from({ length: 20 }, (_, index) => `system-${index}`);
    const entries = systems.flatMap((system, seed) => streamEntries({ seed, count: 60, system }));
    await load(cluster, entries);
    await cluster.xadd('papyra:system-0:quarantine:events', '*', 'data', 'x');
    const configFor = (systems: string | string[]) =>
      tempRedisConfig({ cluster: [`127.0.0.1:${nodes[1]!.port}`], system_id: systems });
    const { code, report } = await compact([
      '--config',
      configFor('*'),
      '--max-records',
      '5',
      '--exact',
    ]);
    expect(code).toBe(0);
    const keys = [...new Set(entries.map(({ key }) => key))].sort();
    expect(report.parts.map(({ name }) => name)).toEqual(keys);
    for (const key of keys) {
      const all = entries.filter((entry) => entry.key === key);
      expect(await readStream(cluster, key)).toEqual(all.slice(-5));
      expect(report.parts.find(({ name }) => name === key)!.duration_ms).toBeTypeOf('number');
    }
    // Of two named systems one has a key that is no stream.
    await load(
      cluster,
      streamEntries({ seed: 9, count: 60, system: 'system-1', start: 1_800_000_000 }),
    );
    await cluster.set('papyra:system-2:events', 'x').catch(() => undefined);
    await cluster.del('papyra:system-2:events');
    await cluster.set('papyra:system-2:events', 'x');
    const named = configFor(['system-1', 'system-2']);
    const partial = await compact(['--config', named, '--max-records', '5', '--exact']);
    expect([partial.code, partial.report.status]).toEqual([78, 'partial']);
    expect(await cluster.xlen('papyra:system-1:events')).toBe(5);
    const metrics = await cluster.hgetall('papyra:system-1,system-2:compaction');
    expect(metrics['compaction_errors']).toBe('1');
    cluster.disconnect();
  });
});

test('no redis-server is left behind', async () => {
  await stopServers();
  const { stdout } = execaSync('pgrep', ['-f', 'papyra-redis-'], { reject: false });
  expect(stdout).toBe('');
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tempRedisConfig } from '../support/config.js';
import { doctor } from '../support/doctor.js';
import { BARE, papyra } from '../support/papyra.js';
import { startRedis, stopServers, type Server } from '../support/redis.js';
import { load, streamEntries } from '../support/streams.js';

const KEY = 'papyra:local:events';
const METRICS = 'papyra:local:compaction';

let server: Server;
let args: string[];
/** Of a run that went well. */
let metrics: Record<string, string> | undefined;

beforeAll(async () => {
  server = await startRedis({ config: ['save 3600 1'] });
});

afterAll(stopServers);

/** A store as it should be: entries of the last two days, a group that keeps up, and a run that went well. */
beforeEach(async () => {
  const { client } = server;
  await client.flushall();
  await client.config('SET', 'maxmemory', '0');
  await client.config('SET', 'maxmemory-policy', 'noeviction');
  await client.config('SET', 'save', '3600 1');
  const step = 864;
  const start = Date.now() / 1000 - step * 200;
  await load(client, streamEntries({ seed: 1, count: 200, start, step }));
  await client.xgroup('CREATE', KEY, 'billing', '$');
  await client.xgroup('CREATECONSUMER', KEY, 'billing', 'one');
  const config = tempRedisConfig({ url: server.url, retention: { max_age_seconds: '7d' } });
  args = ['--config', config];
  if (metrics) {
    await client.hset(METRICS, metrics);
    return;
  }
  expect((await papyra(['persistence', 'compact', '--quiet', ...args])).code).toBe(0);
  metrics = await client.hgetall(METRICS);
});

/** Entries of so many days ago at the head of a stream of their own. */
async function addOld(key: string, days: number, count = 3): Promise<void> {
  const start = Date.now() - days * 86_400_000;
  for (let at = 0; at < count; at++) {
    const data = JSON.stringify({ kind: 'event', timestamp: (start + at) / 1000 });
    await server.client.xadd(key, `${start + at}-0`, 'data', data);
  }
}

describe('a Redis store', () => {
  test('that is healthy passes every check, and nothing in it is changed', async () => {
    const keys = await server.client.dbsize();
    const { code, report, found } = await doctor(args);
    expect(found).toEqual({});
    expect(code).toBe(0);
    expect(report.status).toBe('healthy');
    expect(report.checks.map(({ name }) => name)).toEqual([
      ...['store', 'retention', 'metrics', 'last_compaction', 'errors', 'growth', 'forecast'],
      ...[
        'nothing_freed',
        'guards',
        'next_run',
        'eviction',
        'memory',
        'durability',
        'groups',
        'clock',
      ],
    ]);
    expect(await papyra(['--quiet', 'doctor', ...args])).toEqual({ code: 0, stdout: '', stderr: '' }); // prettier-ignore
    expect(await server.client.dbsize()).toBe(keys);
    expect(await server.client.hgetall(METRICS)).toEqual(metrics);
  });

  test.each([
    ['nosuch', 'papyra:nosuch'],
    [['local', 'lokal', 'nosuch'], 'papyra:lokal, papyra:nosuch'],
    ['*', 'other:*'],
  ])('of which the system %j is not there', async (system_id, name) => {
    const prefix = name.split(':')[0];
    const config = tempRedisConfig({ url: server.url, prefix, system_id, retention: { max_age_seconds: '7d' } }); // prettier-ignore
    await papyra(['persistence', 'compact', '--quiet', '--config', config]);
    const { code, found, say } = await doctor(['--config', config]);
    expect({ code, found }).toEqual({ code: 0, found: { store: 'warn' } });
    expect(say('store')).toBe(
      `no stream of ${name} is there: the runtime has written nothing to it $ redis-cli -h 127.0.0.1 -p ${server.port} --scan --pattern '${prefix}:*'`,
    );
  });

  test('that was emptied is there', async () => {
    await server.client.xtrim(KEY, 'MAXLEN', 0);
    expect((await doctor(args)).found).toEqual({});
  });

  test('that may evict whole streams', async () => {
    await server.client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const { code, found, say } = await doctor(args);
    expect(found).toEqual({ eviction: 'fail' });
    expect(code).toBe(1);
    expect(say('eviction')).toContain(`$ redis-cli -h 127.0.0.1 -p ${server.port} CONFIG SET maxmemory-policy noeviction`); // prettier-ignore
    await server.client.config('SET', 'maxmemory-policy', 'volatile-lru');
    expect((await doctor(args)).found).toEqual({});
  });

  test.each([
    [1.05, 'warn'],
    [0.99, 'fail'],
  ])('whose memory limit is %d times what it uses', async (times, status) => {
    const used = Number(/used_memory:(\d+)/.exec(await server.client.info('memory'))![1]);
    await server.client.config('SET', 'maxmemory', String(Math.round(used * times)));
    // Whether a day's growth fits, too, is what the check `forecast` says.
    expect((await doctor(args)).found['memory']).toBe(status);
  });

  test('that a restart would empty', async () => {
    await server.client.config('SET', 'save', '');
    const { found, say } = await doctor(args);
    expect(found).toEqual({ durability: 'warn' });
    expect(say('durability')).toContain('CONFIG SET appendonly yes');
  });

  test('with a consumer group without consumers', async () => {
    await server.client.xgroup('CREATE', KEY, "it's over", '$');
    const { found, say } = await doctor(args);
    expect(found).toEqual({ groups: 'warn' });
    expect(say('groups')).toMatch(/^group 'it's over' of papyra:local:events has no consumers/);
    expect(say('groups')).toMatch(/XINFO CONSUMERS papyra:local:events 'it'\\''s over'$/);
  });

  test('with a consumer group that keeps what has expired', async () => {
    const key = 'papyra:local:extra:events';
    await addOld(key, 9);
    await server.client.xgroup('CREATE', key, 'billing', '0');
    await server.client.xreadgroup('GROUP', 'billing', 'one', 'COUNT', 1, 'STREAMS', key, '>');
    const config = tempRedisConfig({ url: server.url, system_id: ['local', 'local:extra'], retention: { max_age_seconds: '7d' } }); // prettier-ignore
    args = ['--config', config];
    await papyra(['persistence', 'compact', '--quiet', ...args]);
    const { code, found, say } = await doctor(args);
    expect(found).toEqual({ groups: 'fail' });
    expect(code).toBe(1);
    expect(say('groups')).toContain("group 'billing' of papyra:local:extra:events has not acknowledged entries that are 9 days old"); // prettier-ignore
  });

  test('with a consumer group that keeps more than the limit of records', async () => {
    const limit = ['--max-records', '20', '--exact'];
    await papyra(['persistence', 'compact', '--quiet', ...args, ...limit]);
    await server.client.xgroup('CREATE', KEY, 'slow', '0');
    await server.client.xgroup('CREATECONSUMER', KEY, 'slow', 'one');
    const { found, say } = await doctor([...args, '--max-records', '10']);
    expect(found).toEqual({ groups: 'fail' });
    expect(say('groups')).toContain("held back by consumer group 'slow'");
    expect(say('groups')).toContain('persistence compact --max-records 10 --dry-run');
  });

  test.each([
    [-600, 'warn', '10 minutes behind'],
    [10_800, 'fail', '3 hours ahead of'],
  ])('whose clock is %d seconds from that of this machine', async (seconds, status, how) => {
    const later = `data:text/javascript,const now = Date.now; Date.now = () => now() + ${seconds} * 1000`; // prettier-ignore
    const env = { ...BARE, NODE_OPTIONS: `--import="${later}"` };
    const { found, say } = await doctor(args, { env });
    expect(found).toEqual({ clock: status });
    expect(say('clock')).toContain(`this clock is ${how} that of Redis`);
  });

  test('with entries dated ahead', async () => {
    await addOld('papyra:local:audits', -2);
    expect((await doctor(args)).found).toEqual({ clock: 'fail' });
  });

  test('of which this user may not ask everything leaves the rest to others', async () => {
    await server.client.call('ACL', 'SETUSER', 'papyra', 'on', 'nopass', '~papyra:*', '+@all', '-info', '-config', '-time'); // prettier-ignore
    const { report, found } = await doctor(args, {
      env: { ...BARE, PAPYRA_REDIS_USERNAME: 'papyra', PAPYRA_REDIS_PASSWORD: 'any' },
    });
    expect(found).toEqual({});
    const names = report.checks.map(({ name }) => name);
    expect(names).toContain('groups');
    for (const name of ['eviction', 'memory', 'durability']) expect(names).not.toContain(name);
  });

  test('that does not answer is told of as by every command', async () => {
    const down = await papyra(['doctor', ...args], {
      env: { ...BARE, PAPYRA_REDIS_URL: 'redis://127.0.0.1:1' },
    });
    expect(down).toMatchObject({ code: 69, stdout: '' });
    expect(down.stderr).toContain('connection refused');
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tempRedisConfig } from '../../support/config.js';
import { BARE, papyra, type Run } from '../../support/papyra.js';
import { proxyTo, withInfo, type ProxyOptions } from '../../support/redis-proxy.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';

let server: Server;
const KEY = 'papyra:local:events';

beforeAll(async () => {
  server = await startRedis();
});
afterAll(stopServers);
beforeEach(async () => {
  await fill(server);
});

async function fill({ client }: Server): Promise<void> {
  await client.flushall();
  for (let n = 0; n < 10; n++) await client.xadd(KEY, `${1_790_000_000_000 + n}-0`, 'data', '{}');
}

function compactAt(url: string, ...args: string[]): Promise<Run> {
  const flags = ['--backend', 'redis', '--max-records', '5', '--exact', ...args];
  return papyra(['persistence', 'compact', ...flags], { env: { ...BARE, PAPYRA_REDIS_URL: url } });
}

/** Compacts over a proxy that changes something. */
async function through(options: ProxyOptions, ...args: string[]): Promise<Run> {
  const proxy = await proxyTo(server, options);
  const done = await compactAt(proxy.url, ...args);
  proxy.close();
  return done;
}

const saying = (info: Record<string, string>): ProxyOptions => ({
  answer: (text) => withInfo(text, info),
});

const left = () => server.client.xlen(KEY);

describe('Redis is judged by the whole of its version', () => {
  test.each([
    ['6.0.16', 78, /older than Redis 6\.2/],
    ['6.2.0', 78, /below 6\.2\.7/],
    ['6.2.6', 78, /below 6\.2\.7/],
    ['6.2.7', 0, /^$/],
    ['6.2.14', 0, /^$/],
    ['7.0.0', 0, /^$/],
    ['10.0.0', 0, /^$/],
  ])('%s: exit code %i', async (version, code, message) => {
    const done = await through(saying({ redis_version: version }));
    expect(done.stderr).toMatch(message);
    expect([done.code, await left()]).toEqual([code, code === 0 ? 5 : 10]);
  });
});

describe('what calls itself otherwise is asked what it can do', () => {
  const OTHERS: [string, Record<string, string>][] = [
    ['Valkey', { server_name: 'valkey', valkey_version: '8.1.0', redis_version: '7.2.4' }],
    ['KVRocks', { kvrocks_version: '2.9.0', redis_version: '4.0.0' }],
    ['KeyDB', { mvcc_depth: '0', redis_version: '6.2.3' }],
    ['Dragonfly', { dragonfly_version: 'df-v1.2', redis_version: '6.2.1' }],
  ];
  /** Bytes of the first 32 bits that overflow: the whole node of the probe goes. */
  const losing = (words: string[]): string[] =>
    words[0]!.toUpperCase() === 'XTRIM' && words[1]!.includes(':papyra-probe:') && words[4] === '2-0'
      ? [...words.slice(0, 4), '9'.repeat(18)]
      : words; // prettier-ignore

  test.each(OTHERS)('%s, whatever its number: 0', async (_name, info) => {
    const { code, stderr } = await through(saying(info));
    expect([code, stderr, await left()]).toEqual([0, '', 5]);
    expect(await server.client.keys('*probe*')).toEqual([]);
  });
  test.each(OTHERS)('%s that takes entries that must stay: 78, and nothing goes', async (_name, info) => {
    const { code, stderr } = await through({ ...saying(info), command: losing });
    expect(stderr).toMatch(/can take entries that must stay/);
    expect([code, await left()]).toEqual([78, 10]);
    expect(await server.client.keys('*probe*')).toEqual([]);
  }); // prettier-ignore
  test('one that does not know MINID: 78, in a dry run too', async () => {
    const command = (words: string[]) => words.map((word) => (word === 'MINID' ? 'NOSUCH' : word));
    const options = { ...saying({ server_name: 'other' }), command };
    for (const args of [[], ['--dry-run']]) {
      const { code, stderr } = await through(options, ...args);
      expect(stderr).toMatch(/older than Redis 6\.2/);
      expect([code, await left()]).toEqual([78, 10]);
    }
  });
  test('a dry run writes nothing, and tries nothing', async () => {
    await server.client.config('RESETSTAT');
    const { code } = await through(saying({ server_name: 'other' }), '--dry-run');
    expect(code).toBe(0);
    const stats = await server.client.info('commandstats');
    expect(stats).not.toMatch(/cmdstat_(?:xadd|del|hset)/);
  });
});

describe('commands that are forbidden, or go by another name', () => {
  /** A server on which each of them is disabled. */
  async function without(...commands: string[]): Promise<Server> {
    const one = await startRedis({ config: commands.map((name) => `rename-command ${name} ""`) });
    for (let n = 0; n < 10; n++) await one.client.xadd(KEY, `${1_790_000_000_000 + n}-0`, 'data', '{}'); // prettier-ignore
    return one;
  }

  test.each([
    ['XTRIM', /does not know the command XTRIM: it is disabled or renamed[^]*nothing can be trimmed/],
    ['XINFO', /does not know the command XINFO STREAM[^]*nothing can be planned/],
  ])('%s is needed, and is named: 78', async (name, message) => {
    const one = await without(name);
    const { code, stderr } = await compactAt(one.url);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/older|6\.2/);
    expect([code, await one.client.xlen(KEY)]).toEqual([78, 10]);
    await one.stop();
  }); // prettier-ignore
  test.each([
    ['INFO'],
    ['MEMORY'],
    ['SCAN'],
    ['EVAL'],
    ['MULTI'],
    ['EXEC'],
    ['WATCH'],
    ['INFO', 'MEMORY', 'SCAN', 'EVAL', 'MULTI', 'EXEC', 'WATCH'],
  ])('%s is done without, and the run is counted', async (...names) => {
    const one = await without(...names);
    const { code, stderr } = await compactAt(one.url);
    expect([code, stderr]).toEqual([0, '']);
    expect(await one.client.xlen(KEY)).toBe(5);
    const metrics = await one.client.hgetall('papyra:local:compaction');
    expect([metrics['compactions_run'], metrics['records_dropped']]).toEqual(['1', '5']);
    await one.stop();
  });
  test('SCAN is needed to search, and the way out is said: 78', async () => {
    const one = await without('SCAN');
    const file = tempRedisConfig({ url: one.url, system_id: '*' });
    const { code, stderr } = await papyra(['--config', file, 'persistence', 'compact', '--max-records', '5'], { env: BARE }); // prettier-ignore
    expect(stderr).toMatch(/does not know the command SCAN[^]*name them in persistence\.system_id/);
    expect(code).toBe(78);
    await one.stop();
  });
  test('where INFO and XADD are forbidden nobody knows what XTRIM takes: 77, and nothing goes', async () => {
    await server.client.call('ACL', 'SETUSER', 'ops', 'reset', 'on', '>geheim', '~papyra:*', '+@all', '-info', '-xadd'); // prettier-ignore
    const { code, stderr } = await compactAt(`redis://ops:geheim@127.0.0.1:${server.port}`);
    expect(stderr).toMatch(/may not run XADD[^]*6\.2\.7 or later[^]*INFO/);
    expect([code, await left()]).toEqual([77, 10]);
  });
});

describe('sentinels with a login of their own', () => {
  async function guarded(password: string | undefined): Promise<Run> {
    const sentinel = await startRedis({
      sentinel: true,
      password: 'geheim',
      config: ['requirepass geheim', `sentinel monitor papyra 127.0.0.1 ${server.port} 1`],
    });
    const nodes = [`127.0.0.1:${sentinel.port}`];
    const file = tempRedisConfig({ sentinel: { name: 'papyra', nodes } });
    const env = { ...BARE, ...(password === undefined ? {} : { PAPYRA_SENTINEL_PASSWORD: password }) }; // prettier-ignore
    const done = await papyra(['--config', file, 'persistence', 'compact', '--max-records', '5', '--exact'], { env }); // prettier-ignore
    await sentinel.stop();
    return done;
  }
  test('none is given: 69, and the settings are named', async () => {
    const { code, stderr } = await guarded(undefined);
    expect(stderr).toMatch(/sentinels of .* want a password\n.*persistence\.sentinel\.username and password_file, or PAPYRA_SENTINEL_PASSWORD/); // prettier-ignore
    expect(code).toBe(69);
  });
  test('a wrong one: 69', async () => {
    const { code, stderr } = await guarded('falsch');
    expect(stderr).toMatch(/sentinels of .* refuse the user name or the password/);
    expect(stderr).not.toContain('falsch');
    expect(code).toBe(69);
  });
  test('the right one: 0', async () => {
    expect((await guarded('geheim')).code).toBe(0);
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Cluster } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { tempRedisConfig } from '../../support/config.js';
import { BARE, compact, PAPYRA, papyra, type Report } from '../../support/papyra.js';
import { proxyTo } from '../../support/redis-proxy.js';
import {
  freePort,
  sawFailure,
  startCluster,
  startRedis,
  stopServers,
  type Server,
} from '../../support/redis.js';
import { load, streamEntries } from '../../support/streams.js';

afterEach(stopServers);

const ARGS = ['--max-records', '5', '--exact', '--timeout', '2s'];

function configFor(nodes: number[], systems: string | string[] = '*'): string {
  const cluster = nodes.map((port) => `127.0.0.1:${port}`);
  return tempRedisConfig({ cluster, system_id: systems });
}

/** Streams of many systems on all masters, of 60 entries each. */
async function filledCluster(): Promise<Server[]> {
  const nodes = await startCluster();
  for (const { client } of nodes) await client.config('SET', 'cluster-require-full-coverage', 'no');
  const cluster = new Cluster([{ host: '127.0.0.1', port: nodes[0]!.port }]);
  const entries = Array.from({ length: 12 }, (_, n) => streamEntries({ seed: n, count: 60, system: `system-${n}` })); // prettier-ignore
  await load(cluster, entries.flat());
  cluster.disconnect();
  return nodes;
}

/** Streams of one node, and how many of them still have more than five entries. */
async function streamsOf({ client }: Server): Promise<{ all: number; full: number }> {
  const keys = (await client.keys('papyra:*')).filter((key) => !key.endsWith(':compaction'));
  const lengths = await Promise.all(keys.map((key) => client.xlen(key)));
  return { all: keys.length, full: lengths.filter((length) => length > 5).length };
}

/** Waits until every node tells these ports: a client may ask any of them. */
async function announced(nodes: Server[], ports: number[]): Promise<void> {
  const all = async (): Promise<boolean> => {
    const slots = await Promise.all(nodes.map(({ client }) => client.cluster('SLOTS')));
    return slots.every((answer) => ports.every((port) => JSON.stringify(answer).includes(`,${port},`))); // prettier-ignore
  };
  while (!(await all())) await sleep(50);
}

describe('a master that cannot be asked', () => {
  test('gone, and its slots are nobody’s: a search is partial, 69, names it, and trims the others', async () => {
    const [first, second, third] = (await filledCluster()) as [Server, Server, Server];
    await third.stop('SIGKILL');
    await sawFailure([first, second]);
    for (const dry of [['--dry-run'], []]) {
      const done = await compact(['--config', configFor([first.port, second.port]), ...ARGS, ...dry]); // prettier-ignore
      expect([done.code, done.report.status]).toEqual([69, 'partial']);
      expect(done.stderr).toContain(`127.0.0.1:${third.port} (of the cluster of 127.0.0.1:${first.port})`); // prettier-ignore
      expect(done.stderr).toMatch(/does not listen: connection refused/);
    }
    for (const node of [first, second]) expect((await streamsOf(node)).full).toBe(0);
  });
  test('gone, and --free needs more than the others have: 65, and it is named', async () => {
    const [first, second, third] = (await filledCluster()) as [Server, Server, Server];
    await third.stop('SIGKILL');
    const args = ['--config', configFor([first.port, second.port]), '--free', '1GB', '--min-age', '1s', '--timeout', '2s']; // prettier-ignore
    const { code, stderr } = await compact(args);
    expect([code, stderr]).toEqual([65, expect.stringMatching(`can be freed; Redis 127.0.0.1:${third.port} .*connection refused`)]); // prettier-ignore
  });
  test('silent: 69, and the others are trimmed', async () => {
    const [first, second, third] = (await filledCluster()) as [Server, Server, Server];
    third.process.kill('SIGSTOP');
    const done = await compact(['--config', configFor([first.port]), ...ARGS]);
    expect([done.code, done.report.status]).toEqual([69, 'partial']);
    expect(done.stderr).toContain(`127.0.0.1:${third.port}`);
    for (const node of [first, second]) expect((await streamsOf(node)).full).toBe(0);
  });
  test('still loading its data: 75, and the others are trimmed', async () => {
    const [first, second, third] = (await filledCluster()) as [Server, Server, Server];
    const proxies = await Promise.all([first, second, third].map(async (node) => proxyTo(node, {
      answer: (text) => node === third ? text.replace(/\nloading:0/, '\nloading:1') : text,
    }))); // prettier-ignore
    // Each says that the proxies are the cluster.
    for (const [at, node] of [first, second, third].entries()) await node.client.config('SET', 'cluster-announce-port', proxies[at]!.port); // prettier-ignore
    await announced([first, second, third], proxies.map(({ port }) => port)); // prettier-ignore
    const done = await compact(['--config', configFor([proxies[0]!.port]), ...ARGS]);
    for (const proxy of proxies) proxy.close();
    expect(done.stderr).toMatch(/still loading/);
    expect([done.code, done.report.status]).toEqual([75, 'partial']);
    for (const node of [first, second]) expect((await streamsOf(node)).full).toBe(0);
    expect((await streamsOf(third)).full).toBeGreaterThan(0);
  });
});

describe('a cluster that announces nothing that can be reached', () => {
  async function fails(nodes: number[], code: number, ...messages: (string | RegExp)[]) {
    const began = Date.now();
    const done = await papyra(['--config', configFor(nodes), 'persistence', 'compact', ...ARGS], { env: BARE }); // prettier-ignore
    for (const message of messages) expect(done.stderr).toMatch(message);
    expect(done.stderr).not.toMatch(/^\s+at /m);
    expect([done.code, done.stdout]).toEqual([code, '']);
    // Well under a minute, whatever the machine does: the time limit is two seconds.
    expect(Date.now() - began).toBeLessThan(30_000);
  }

  test('no slot has a master yet: 75', async () => {
    const node = await startRedis({ config: ['cluster-enabled yes'] });
    await fails([node.port], 75, new RegExp(`127.0.0.1:${node.port} .*no slot has a master yet`), /redis-cli --cluster create/); // prettier-ignore
  });
  test.each([
    ['unknown-endpoint', /an unknown endpoint, port \d+/],
    ['hostname', /\('\?', port \d+\)/],
  ])('%s: 78, and what is announced', async (type, message) => {
    const [first, second, third] = (await filledCluster()) as [Server, Server, Server];
    for (const { client } of [first, second, third]) await client.config('SET', 'cluster-preferred-endpoint-type', type); // prettier-ignore
    await fails([first.port], 78, /announces no address for the master of the slots \d+ to \d+/, message, /cluster-announce-ip/); // prettier-ignore
  });
  test('an empty host: 78', async () => {
    const node = await startRedis({ config: ['cluster-enabled yes'] });
    await node.client.cluster('ADDSLOTSRANGE', 0, 16_383);
    await fails(
      [node.port],
      78,
      /announces no address for the master of the slots 0 to 16383 \(''/,
    );
  });
  test('a port at which nobody is: 69, with that address, and who announced it', async () => {
    const nodes = await filledCluster();
    const wrong = await freePort();
    const [first, , third] = nodes as [Server, Server, Server];
    await third.client.config('SET', 'cluster-announce-port', wrong);
    await announced(nodes, [wrong]);
    const done = await compact(['--config', configFor([first.port]), ...ARGS]);
    expect([done.code, done.report.status]).toEqual([69, 'partial']);
    expect(done.stderr).toContain(`127.0.0.1:${wrong} (of the cluster of 127.0.0.1:${first.port}) does not listen`); // prettier-ignore
    expect(done.stderr).toMatch(/cluster-announce-ip/);
  });
});

describe('a cluster that changes in mid-run', () => {
  const SYSTEM = 'big';
  const KEY = `papyra:${SYSTEM}:events`;
  const COUNT = 200_000;

  /** A long stream on whichever master has its slot; small batches make the run last. */
  async function withLongStream(): Promise<{ nodes: Server[]; owner: Server; cluster: Cluster }> {
    const nodes = await startCluster();
    const cluster = new Cluster([{ host: '127.0.0.1', port: nodes[0]!.port }]);
    const script = `for i = ARGV[1], ARGV[2] do redis.call('XADD', KEYS[1], (1790000000 + i) .. '000-0', 'data', '{"timestamp": ' .. (1790000000 + i) .. '.0}') end`;
    for (let from = 0; from < COUNT; from += 50_000) await cluster.eval(script, 1, KEY, from, from + 49_999); // prettier-ignore
    const ports = (await cluster.cluster('SLOTS')) as unknown as [number, number, [string, number]][]; // prettier-ignore
    const slot = await cluster.cluster('KEYSLOT', KEY);
    const port = ports.find(([from, to]) => slot >= from && slot <= to)![2][1];
    return { nodes, owner: nodes.find((node) => node.port === port)!, cluster };
  }

  function start(port: number) {
    const args = [PAPYRA, '--config', configFor([port], SYSTEM), 'persistence', 'compact', '--max-records', '1000', '--exact', '--json', '--timeout', '30s']; // prettier-ignore
    return execa(process.execPath, args, { env: BARE, extendEnv: false, reject: false });
  }

  async function firstTrim({ client }: Server): Promise<void> {
    const begun = async () => (await client.info('commandstats')).includes('cmdstat_xtrim');
    while (!(await begun()));
  }

  test('a slot that moves: the run goes on with the new master, and counts right', async () => {
    const { nodes, owner, cluster } = await withLongStream();
    const other = nodes.find((node) => node !== owner)!;
    const slot = await owner.client.cluster('KEYSLOT', KEY);
    const [from, to] = await Promise.all(
      [owner, other].map(({ client }) => client.cluster('MYID')),
    );
    const run = start(nodes[0]!.port);
    await firstTrim(owner);
    await other.client.cluster('SETSLOT', slot, 'IMPORTING', from!);
    await owner.client.cluster('SETSLOT', slot, 'MIGRATING', to!);
    await owner.client.call('MIGRATE', '127.0.0.1', other.port, KEY, 0, 10_000);
    for (const { client } of [other, owner]) await client.cluster('SETSLOT', slot, 'NODE', to!);
    const { exitCode, stdout, stderr } = await run;
    expect([exitCode, stderr]).toEqual([0, '']);
    expect((JSON.parse(stdout) as Report).records.dropped).toBe(COUNT - 1000);
    expect(await other.client.xlen(KEY)).toBe(1000);
    cluster.disconnect();
  });

  test('a master that dies and has a replica: the run goes on with that, and counts right', async () => {
    const { nodes, owner, cluster } = await withLongStream();
    const replica = await startRedis({ config: ['cluster-enabled yes', 'cluster-node-timeout 2000'] }); // prettier-ignore
    await replica.client.cluster('MEET', '127.0.0.1', owner.port);
    const id = await owner.client.cluster('MYID');
    while ((await replica.client.cluster('REPLICATE', id).catch(() => 'no')) !== 'OK') await sleep(100); // prettier-ignore
    while (!(await replica.client.info('replication')).includes('master_link_status:up')) await sleep(50); // prettier-ignore
    const others = nodes.filter((node) => node !== owner);
    const knows = async ({ client }: Server) => String(await client.cluster('NODES')).includes(`:${replica.port}@`); // prettier-ignore
    for (const node of others) while (!(await knows(node))) await sleep(50);
    const run = start(others[0]!.port);
    await firstTrim(owner);
    await owner.stop('SIGKILL');
    const { exitCode, stdout, stderr } = await run;
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(await replica.client.xlen(KEY)).toBe(1000);
    // What the dead master had not told the replica was done twice.
    expect((JSON.parse(stdout) as Report).records.dropped).toBeGreaterThanOrEqual(COUNT - 1000);
    cluster.disconnect();
  });
});

// Recovery of streams when something comes between: kills, lost connections, writers, limits, rights, other masters.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, type Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { quarantineKey } from '../../../src/backends/redis/quarantine.js';
import type { PapyraError } from '../../../src/errors/errors.js';
import { rawStream } from '../../support/damaged-streams.js';
import { Random, testSeed } from '../../support/random.js';
import { BARE, PAPYRA, papyra } from '../../support/papyra.js';
import { recoverStore, scanStore, storeArgs, storeAt } from '../../support/redis-recovery.js';
import {
  sawFailure,
  startCluster,
  startRedis,
  startSentinels,
  stopServers,
  type Server,
} from '../../support/redis.js';

const KEY = 'papyra:local:events';
const QUARANTINE = 'papyra:local:quarantine:papyra_local_events';
const SOAK = process.env['PAPYRA_SOAK'] === '1';

let server: Server;
let client: Redis;

beforeAll(async () => {
  server = await startRedis();
  ({ client } = server);
});
beforeEach(() => client.flushall());
afterAll(stopServers);

const dataOf = (n: number) => `{"kind": "event", "timestamp": ${1_790_000_000 + n}, "n": ${n}}`;
const tornOf = (n: number) => `{"kind": "event", "n": ${n}`;

/** So many entries; every so many-th is torn. Returns the ids of these. */
async function fill(
  to: Pick<Redis, 'xadd'>,
  { count, every, key = KEY }: { count: number; every: number; key?: string },
): Promise<Set<string>> {
  const torn = new Set<string>();
  const adding: Promise<unknown>[] = [];
  for (let n = 1; n <= count; n++) {
    const id = `1790000000000-${n}`;
    if (n % every === 0) torn.add(id);
    adding.push(to.xadd(key, id, 'data', n % every === 0 ? tornOf(n) : dataOf(n)));
  }
  await Promise.all(adding);
  return torn;
}

async function failureOf(run: Promise<unknown>): Promise<PapyraError> {
  return run.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as PapyraError,
  );
}

/** The ids of which a copy is in quarantine, one for each copy. */
async function copiesOf(of: Pick<Redis, 'callBuffer'>, key = QUARANTINE): Promise<string[]> {
  const entries = await rawStream(of, key);
  return entries.map(([, fields]) => String(fields[fields.findIndex((field) => String(field) === 'id') + 1])); // prettier-ignore
}

const idsOf = async (of: Pick<Redis, 'callBuffer'>, key = KEY) => (await rawStream(of, key)).map(([id]) => id); // prettier-ignore

test('a quarantined entry is under the runtime’s own key, with source, id, time and the bytes of its data', async () => {
  expect(quarantineKey(KEY)).toBe(QUARANTINE);
  const data = Buffer.from([0x7b, 0xff, 0x00, 0x0a]);
  await client.xadd(KEY, '5-1', 'data', '{}');
  await client.xadd(KEY, '5-2', 'data', data);
  await client.xadd(KEY, '5-3', 'a', 'b', Buffer.from([0xfe]), 'c');
  const before = Date.now() / 1000;
  const report = await recoverStore(storeAt(server.port), { mode: 'quarantine' });
  expect(report.quarantine).toBe(QUARANTINE);
  expect(report.parts).toEqual([{ name: KEY, action: 'deleted', removed: 2, bytes_removed: 12 }]);
  const [one, two] = (await rawStream(client, QUARANTINE)).map(([, fields]) => fields);
  expect(one!.map(String).slice(0, 5)).toEqual(['source', KEY, 'id', '5-2', 'timestamp']);
  expect(Number(String(one![5]))).toBeGreaterThanOrEqual(before);
  expect(one!.slice(6)).toEqual([Buffer.from('data'), data]);
  expect(two!.slice(6).map(String)).toEqual(['fields', '[["a","b"],[{"base64":"/g=="},"c"]]']);
  expect(await idsOf(client)).toEqual(['5-1']);
});

test('what is wrong with an entry is said in a few words', async () => {
  await client.xadd(KEY, '1-0', 'other', 'x\u001b[2J');
  await client.xadd(KEY, '2-0', 'data', '');
  await client.xadd(KEY, '3-0', 'data', '[1]');
  await client.xadd(KEY, '4-0', 'data', Buffer.alloc(3));
  await client.xadd(KEY, '5-0', 'data', Buffer.from([0xff]));
  await client.xadd(KEY, '6-0', 'data', '{"kind": "event"}');
  const { anomalies, records } = await scanStore(storeAt(server.port));
  expect(anomalies.listed.map(({ id, detail, excerpt }) => [id, detail, excerpt])).toEqual([
    ['1-0', 'no field data', 'other=x\\x1b[2J'],
    ['2-0', 'data is empty', ''],
    ['3-0', 'data is not a JSON object', '[1]'],
    ['4-0', 'data has NUL bytes', '\\x00\\x00\\x00'],
    ['5-0', 'data is not UTF-8', 'ÿ'],
  ]);
  expect(records).toEqual({ scanned: 1, undated: 1 });
});

test('all anomalies are counted, the first so many are listed', async () => {
  await fill(client, { count: 100, every: 4 });
  const { anomalies } = await scanStore(storeAt(server.port), { limit: 3 });
  expect([anomalies.total, anomalies.by_kind.CORRUPTED_LINE]).toEqual([25, 25]);
  expect(anomalies.listed.map(({ id }) => id)).toEqual(['1790000000000-4', '1790000000000-8', '1790000000000-12']); // prettier-ignore
});

test('the commands say it with their exit codes: 2, 0, 0, 0, and 65 for too much', async () => {
  await fill(client, { count: 40, every: 20 });
  const run = (...args: string[]) => papyra(['persistence', ...args, ...storeArgs(server.port)]);
  const scan = await run('scan');
  expect([scan.code, scan.stdout]).toEqual([2, expect.stringContaining('1790000000000-40')]);
  expect((await run('recover', '--dry-run')).code).toBe(0);
  expect(await client.xlen(KEY)).toBe(40);
  const done = await run('recover', '--mode', 'quarantine', '--json');
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({ status: 'recovered', quarantine: QUARANTINE });
  expect((await run('scan', '--quiet')).code).toBe(0);
  await fill(client, { count: 40, every: 2, key: 'papyra:local:audits' });
  const refused = await run('recover');
  expect([refused.code, refused.stderr]).toEqual([65, expect.stringContaining('--max-drop')]);
});

test('nothing there: clean, and a warning', async () => {
  const scan = await scanStore(storeAt(server.port));
  expect(scan).toMatchObject({ status: 'clean', parts: [], records: { scanned: 0 } });
  expect(scan.warnings[0]).toContain('no entries in');
  expect((await recoverStore(storeAt(server.port))).status).toBe('clean');
});

test('quarantine streams, and other keys, are no streams of the runtime', async () => {
  for (const key of [QUARANTINE, 'papyra:local:other', 'other:local:events']) await client.xadd(key, '1-0', 'data', 'torn'); // prettier-ignore
  await client.xadd(KEY, '1-0', 'data', '{}');
  expect((await scanStore(storeAt(server.port))).parts.map(({ name }) => name)).toEqual([KEY]);
});

describe('the share that may go', () => {
  test('more of it: refused, with numbers and --max-drop; a dry run says the same; nothing goes', async () => {
    await fill(client, { count: 40, every: 4 });
    const before = await rawStream(client, KEY);
    for (const dryRun of [true, false]) {
      const { code, message, hint } = await failureOf(recoverStore(storeAt(server.port), { maxDrop: 0.1, dryRun, mode: 'quarantine' })); // prettier-ignore
      expect(code).toBe('refused');
      expect(message).toMatch(/^10 of 40 entries of .*papyra:\* would go, \d+ of \d+ bytes \(1\d\.\d%\): more than --max-drop allows \(10%\)$/); // prettier-ignore
      expect(hint).toMatch(/--max-drop 1\d%/);
    }
    expect(await rawStream(client, KEY)).toEqual(before);
    expect(await client.exists(QUARANTINE)).toBe(0);
  });

  test('as much, or less: it goes', async () => {
    await fill(client, { count: 40, every: 4 });
    expect((await recoverStore(storeAt(server.port), { maxDrop: 0.25 })).status).toBe('recovered');
  });
});

test('more corrupted entries than a plan remembers: the rest is read again, and all go', async () => {
  const torn = await fill(client, { count: 60_000, every: 1 });
  for (let n = 60_001; n <= 60_100; n++) await client.xadd(KEY, `1790000000000-${n}`, 'data', dataOf(n)); // prettier-ignore
  const report = await recoverStore(storeAt(server.port), { mode: 'quarantine' });
  expect(report.records).toMatchObject({ removed_lines: 60_000, kept: 100 });
  expect(await client.xlen(KEY)).toBe(100);
  expect(await copiesOf(client)).toEqual([...torn]);
}, 120_000);

test('the last entry there can be goes as any other', async () => {
  const last = '18446744073709551615-18446744073709551615';
  await client.xadd(KEY, '1-0', 'data', '{}');
  await client.xadd(KEY, last, 'data', 'torn');
  const report = await recoverStore(storeAt(server.port), { mode: 'quarantine' });
  expect([report.records.removed_lines, await idsOf(client)]).toEqual([1, ['1-0']]);
});

test('entries that consumer groups have pending are told with the group’s name, and go', async () => {
  await fill(client, { count: 20, every: 5 });
  for (const group of ['billing', 'audit', 'idle']) await client.xgroup('CREATE', KEY, group, '0');
  await client.xreadgroup('GROUP', 'billing', 'one', 'COUNT', 12, 'STREAMS', KEY, '>');
  await client.xreadgroup('GROUP', 'audit', 'one', 'COUNT', 4, 'STREAMS', KEY, '>');
  for (const dryRun of [true, false]) {
    const { warnings } = await recoverStore(storeAt(server.port), { dryRun });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`${KEY}: consumer group 'billing' has 2 of the corrupted entries pending`); // prettier-ignore
    expect(warnings[0]).toContain('XACK');
  }
  expect(await client.xlen(KEY)).toBe(16);
  expect(await client.xpending(KEY, 'billing')).toMatchObject({ 0: 12 });
});

test('SIGKILL in mid-run: nothing is lost, and the next run completes without a second copy', async () => {
  const seed = testSeed('kills of a recovery');
  const random = new Random(seed);
  for (let round = 0; round < (SOAK ? 20 : 4); round++) {
    const where = `PAPYRA_SEED=${seed}, round ${round}`;
    await client.flushall();
    const torn = await fill(client, { count: 12_000, every: 2 });
    const intact = (await idsOf(client)).filter((id) => !torn.has(id));
    const killAt = 200 + random.below(5000);
    const store = storeAt(server.port);
    const args = ['persistence', 'recover', '--mode', 'quarantine', '--max-drop', '100%'];
    const child = spawn(process.execPath, [PAPYRA, ...args, ...storeArgs(server.port)], { env: BARE, stdio: 'ignore' }); // prettier-ignore
    const ended = once(child, 'exit');
    while (child.exitCode === null && (await client.xlen(QUARANTINE)) < killAt) await new Promise(setImmediate); // prettier-ignore
    child.kill('SIGKILL');
    expect(await ended, where).toEqual([null, 'SIGKILL']);
    // The server may still have commands of it.
    await sleep(200);
    const there = new Set(await idsOf(client));
    const copies = new Set(await copiesOf(client));
    expect(
      intact.every((id) => there.has(id)),
      where,
    ).toBe(true);
    expect(
      [...torn].filter((id) => !there.has(id) && !copies.has(id)),
      where,
    ).toEqual([]);
    expect(there.size, where).toBeLessThan(12_000);
    const left = there.size - intact.length;
    expect(left, where).toBeGreaterThan(0);
    const next = await recoverStore(store, { mode: 'quarantine' });
    expect(next.records, where).toMatchObject({ removed_lines: left, kept: intact.length });
    expect(await idsOf(client), where).toEqual(intact);
    expect(await copiesOf(client), where).toEqual([...torn]);
  }
}, 300_000);

test('stopped by a signal: interrupted, with the report of what was done; the next run does the rest', async () => {
  const torn = await fill(client, { count: 6000, every: 2 });
  const controller = new AbortController();
  const error = await failureOf(
    recoverStore(storeAt(server.port), {
      mode: 'quarantine',
      signal: controller.signal,
      onProgress: ({ phase, done }) => {
        if (phase === 'trim' && done >= 500) controller.abort();
      },
    }),
  );
  expect(error.code).toBe('interrupted');
  const { status, records, anomalies } = error.recovery!;
  const left = (await client.xlen(KEY)) - 3000;
  expect([status, records.removed_lines, anomalies.remaining.total]).toEqual(['stopped', 3000 - left, left]); // prettier-ignore
  const there = new Set(await idsOf(client));
  expect(anomalies.remaining.listed.every(({ id }) => there.has(id!))).toBe(true);
  const next = await recoverStore(storeAt(server.port), { mode: 'quarantine' });
  expect(next.records.removed_lines).toBe(left);
  expect(await copiesOf(client)).toEqual([...torn]);
});

test('connections that are cut all the time: it goes on, all is copied before it goes, and counted', async () => {
  const torn = await fill(client, { count: 8000, every: 2 });
  const over = new AbortController();
  const cutting = (async () => {
    while (!over.signal.aborted) {
      await sleep(150);
      await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    }
  })();
  const report = await recoverStore(storeAt(server.port), { mode: 'quarantine' });
  over.abort();
  await cutting;
  expect(report.records).toMatchObject({ removed_lines: 4000, kept: 4000 });
  expect(await client.xlen(KEY)).toBe(4000);
  expect(new Set(await copiesOf(client))).toEqual(torn);
}, 120_000);

test('a writer at full speed, and recoveries in a loop: no record is lost or changed, and damage goes', async () => {
  const writer = client.duplicate();
  const over = new AbortController();
  const written: [string, string][] = [];
  let damaged = 0;
  const writing = (async () => {
    for (let n = 0; !over.signal.aborted; n += 100) {
      const batch = Array.from({ length: 100 }, (_, at) => n + at);
      const ids = await Promise.all(batch.map((at) => writer.xadd(KEY, '*', 'data', at % 37 === 0 ? tornOf(at) : dataOf(at)))); // prettier-ignore
      for (const [index, at] of batch.entries()) {
        if (at % 37 === 0) damaged += 1;
        else written.push([ids[index]!, dataOf(at)]);
      }
    }
  })();
  let removed = 0;
  for (let run = 0; run < (SOAK ? 60 : 6); run++) {
    const report = await recoverStore(storeAt(server.port), { mode: run % 2 ? 'repair' : 'quarantine' }); // prettier-ignore
    removed += report.records.removed_lines!;
    await sleep(50);
  }
  over.abort();
  await writing;
  removed += (await recoverStore(storeAt(server.port))).records.removed_lines!;
  writer.disconnect();
  const there = await rawStream(client, KEY);
  expect(there.map(([id, fields]) => [id, String(fields[1])])).toEqual(written);
  expect(removed).toBe(damaged);
  expect((await scanStore(storeAt(server.port))).status).toBe('clean');
}, 300_000);

describe('a part that fails', () => {
  test('of which the quarantine key is something else: it stays as it is, the others are done, and a dry run says so', async () => {
    await fill(client, { count: 10, every: 2 });
    await fill(client, { count: 10, every: 2, key: 'papyra:local:audits' });
    await client.set(QUARANTINE, 'a text');
    for (const dryRun of [true, false]) {
      const error = await failureOf(recoverStore(storeAt(server.port), { mode: 'quarantine', dryRun })); // prettier-ignore
      expect([error.code, error.recovery?.status]).toEqual(['config_invalid', 'partial']);
      expect(error.message).toContain(`not done: ${KEY}`);
      expect(error.recovery?.records.removed_lines).toBe(5);
      expect(error.recovery?.anomalies.remaining.total).toBe(5);
      expect(error.recovery?.anomalies.remaining.listed.map(({ stream }) => stream)).toEqual(Array(5).fill(KEY)); // prettier-ignore
    }
    expect([await client.xlen(KEY), await client.xlen('papyra:local:audits')]).toEqual([10, 5]);
  });

  test('of which the key is something else: a scan has the others', async () => {
    await fill(client, { count: 10, every: 2 });
    await client.set('papyra:local:audits', 'a text');
    const error = await failureOf(scanStore(storeAt(server.port, { systems: ['local'] })));
    expect(error.code).toBe('config_invalid');
    expect(error.scan).toMatchObject({ status: 'anomalies', anomalies: { total: 5 } });
  });

  test.each([
    ['+xdel', '-xadd', 'quarantine', /may not run XADD/, /nothing can be kept in quarantine/],
    ['+xadd', '-xdel', 'repair', /may not run XDEL/, /no corrupted entry can be removed/],
  ] as const)(
    'for a right that is missing (%s %s): nothing goes, and it is named',
    async (given, taken, mode, message, hint) => {
      await fill(client, { count: 10, every: 2 });
      const acl = ['on', '>secret', '~papyra:*', '+@read', '+info', given, taken];
      await client.call('ACL', 'SETUSER', 'papyra', 'reset', ...acl);
      const store = storeAt(server.port, { username: 'papyra', password: 'secret' });
      const error = await failureOf(recoverStore(store, { mode }));
      expect(error.code).toBe('permission_denied');
      expect(error.message).toMatch(message);
      expect(error.hint).toMatch(hint);
      expect(await client.xlen(KEY)).toBe(10);
    },
  );

  test('for the right to ask groups: it is said that pending entries are not known', async () => {
    await fill(client, { count: 10, every: 2 });
    await client.xgroup('CREATE', KEY, 'billing', '0');
    await client.xreadgroup('GROUP', 'billing', 'one', 'STREAMS', KEY, '>');
    const acl = ['on', '>secret', '~papyra:*', '+@read', '+info', '+xdel', '-xpending'];
    await client.call('ACL', 'SETUSER', 'papyra', 'reset', ...acl);
    const store = storeAt(server.port, { username: 'papyra', password: 'secret' });
    const { status, warnings } = await recoverStore(store);
    expect(status).toBe('recovered');
    expect(warnings[0]).toContain('is not known');
  });
});

describe('more than one server', () => {
  const others: Server[] = [];
  afterEach(async () => {
    await Promise.all(others.splice(0).map((other) => other.stop('SIGKILL')));
  });

  test('a cluster: copies go to the master of their key; a master that is gone does not stop the others', async () => {
    const nodes = await startCluster();
    others.push(...nodes);
    for (const node of nodes)
      await node.client.config('SET', 'cluster-require-full-coverage', 'no');
    const cluster = new Cluster([{ host: '127.0.0.1', port: nodes[0]!.port }]);
    const keys = Array.from({ length: 12 }, (_, n) => `papyra:system-${n}:events`);
    for (const key of keys) await fill(cluster, { count: 60, every: 3, key });
    const addresses = nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    const store = storeAt({ kind: 'cluster', nodes: addresses }, { timeoutMs: 2000 });
    expect((await scanStore(store)).anomalies.total).toBe(12 * 20);
    const half = keys.slice(0, 6).map((key) => key.split(':')[1]!);
    const report = await recoverStore({ ...store, systems: half }, { mode: 'quarantine' });
    expect(report.records).toMatchObject({ removed_lines: 6 * 20, kept: 6 * 40 });
    for (const key of keys.slice(0, 6)) expect(await copiesOf(cluster, quarantineKey(key))).toHaveLength(20); // prettier-ignore
    cluster.disconnect();

    const [first, second, third] = nodes as [Server, Server, Server];
    await third.stop('SIGKILL');
    await sawFailure([first, second]);
    const two = { ...store, server: { kind: 'cluster' as const, nodes: addresses.slice(0, 2) } };
    const scan = await failureOf(scanStore(two));
    expect([scan.code, scan.scan?.status]).toEqual(['unreachable', 'anomalies']);
    expect(scan.message).toContain(`127.0.0.1:${third.port}`);
    const { code, recovery } = await failureOf(recoverStore(two));
    expect([code, recovery?.status]).toEqual(['unreachable', 'partial']);
    expect(recovery?.records.removed_lines).toBe(scan.scan?.anomalies.total);
    const again = await failureOf(scanStore(two));
    expect(again.scan?.anomalies.total).toBe(0);
  }, 120_000);

  test('a failover in mid-run: it goes on with the new master, and no entry goes without its copy', async () => {
    const { master, replica, sentinels } = await startSentinels();
    others.push(master, replica, ...sentinels);
    const torn = await fill(master.client, { count: 40_000, every: 2 });
    await master.client.wait(1, 5000);
    const nodes = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    const store = storeAt({ kind: 'sentinel', name: 'papyra', nodes }, { timeoutMs: 15_000 });
    let failed = false;
    const recovering = recoverStore(store, {
      mode: 'quarantine',
      onProgress: ({ phase, done }) => {
        if (phase !== 'trim' || done < 3000 || failed) return;
        failed = true;
        void master.stop('SIGKILL');
      },
    });
    const report = await recovering;
    expect(failed).toBe(true);
    expect(report.status).toBe('recovered');
    // What the old master had done and the replica never got is there still.
    const there = new Set(await idsOf(replica.client));
    const copies = new Set(await copiesOf(replica.client));
    expect([...torn].filter((id) => !there.has(id) && !copies.has(id))).toEqual([]);
    await recoverStore(store, { mode: 'quarantine' });
    expect(await replica.client.xlen(KEY)).toBe(20_000);
    expect(new Set(await copiesOf(replica.client))).toEqual(torn);
  }, 120_000);
});

// Every call of the library on streams that the runtime does not write, and as a user who may ask for little.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { gunzipSync } from 'node:zlib';
import { type OpenOptions, type System } from '../../../src/index.js';
import { serverDirectory, startRedis, stopServers, type Server } from '../../support/redis.js';
import { withSystem } from '../../support/system.js';
import { tempDirectory } from '../../support/temp.js';

const KEY = 'papyra:local:events';
const START = 1_790_000_000;
const NOW = START + 10_000;

let server: Server;
let socket: string;

beforeAll(async () => {
  socket = join(serverDirectory(), 'redis.sock');
  server = await startRedis({ config: [`unixsocket ${socket}`, 'user few on >few ~* +@all -info -config -memory -time'] }); // prettier-ignore
});
afterAll(stopServers);
beforeEach(async () => {
  await server.client.flushall();
});

const withStore = <T>(use: (system: System) => Promise<T>, url = server.url, options: Partial<OpenOptions> = {}, more = {}) =>
  withSystem({ persistence: { backend: 'redis', url, retention: { max_age_seconds: 9000 }, ...more }, ...options }, use); // prettier-ignore

const id = (n: number): string => `${START + n}000-0`;
const record = (n: number): string => `{"kind": "event", "n": ${n}, "timestamp": ${START + n}}`;

/** Entries without a field `data`, with two of them, with more fields, and with bytes that are no text. */
async function fillOddly(count = 200): Promise<void> {
  const { client } = server;
  for (let n = 0; n < count; n++) {
    const fields = [
      ['data', record(n)],
      ['note', 'no record'],
      ['data', 'first', 'data', record(n)],
      ['data', Buffer.from([0x7b, 0xff, 0x7d])],
      ['data', record(n), 'trace', Buffer.from([0xfe])],
    ][n % 5]!;
    void client.xadd(KEY, id(n * 10), ...fields);
  }
  await client.ping();
}

describe('entries with other fields than the runtime gives them', () => {
  test('are counted, simulated, scanned, listed and archived; what a dry run says is what goes', async () => {
    await fillOddly();
    const archive = tempDirectory();
    const policy = { retention: { max_age_seconds: 1 } };
    await withStore(
      async (system) => {
        const { persistence } = system;
        const { records, bytes } = await persistence.inspect({ full: true });
        expect(records).toMatchObject({ total: 120, unreadable: 80 });
        expect(bytes.total).toBeGreaterThan(0);
        expect((await persistence.simulate({ now: NOW })).limits.length).toBeGreaterThan(0);
        const { anomalies } = await persistence.scan();
        expect(anomalies.total).toBe(80);
        expect((await system.doctor()).checks.length).toBeGreaterThan(3);
        const dry = await persistence.compact({ dryRun: true, maxDrop: 1, allowEmpty: true });
        const run = await persistence.compact({ maxDrop: 1, allowEmpty: true, archive });
        expect(run.records.dropped).toBe(dry.records.dropped);
        expect(run.records.dropped).toBe(200);
      },
      server.url,
      {},
      policy,
    );
    const [name] = readdirSync(archive).filter((file) => file.endsWith('.gz'));
    const lines = gunzipSync(readFileSync(join(archive, name!))).toString().trimEnd().split('\n').map((line) => JSON.parse(line) as object); // prettier-ignore
    expect(lines.slice(0, 4)).toEqual([
      { key: KEY, id: id(0), data: record(0) },
      { key: KEY, id: id(10), fields: [['note', 'no record']] },
      { key: KEY, id: id(20), fields: [['data', 'first'], ['data', record(2)]] },
      { key: KEY, id: id(30), data_base64: 'e/99' },
    ]); // prettier-ignore
    expect(lines[4]).toEqual({ key: KEY, id: id(40), fields: [['data', record(4)], ['trace', { base64: '/g==' }]] }); // prettier-ignore
  });

  test('can be freed, and sampled where there are many', async () => {
    await fillOddly(12_000);
    const policy = { retention: { max_records: 20_000 } };
    await withStore(
      async ({ persistence, inspect }) => {
        expect((await inspect.summary()).records).toBe(7200);
        const { sample, records } = await persistence.inspect();
        expect(sample).not.toBeNull();
        expect(records.total).toBeGreaterThan(0);
        const { records: freed } = await persistence.compact({
          free: 20_000,
          minAge: 0,
          maxDrop: 1,
        });
        expect(freed.dropped).toBeGreaterThan(0);
      },
      server.url,
      {},
      policy,
    );
  });
});

describe('an empty store', () => {
  test.each([
    ['a system of which nothing is there', 'local'],
    ['any system', '*'],
  ])('%s: every call says so, and none fails', async (_name, system_id) => {
    const nothing = expect.stringMatching(/nothing|no stream/i) as unknown;
    await withStore(async (system) => {
      expect(await system.check()).toMatchObject({ warnings: expect.arrayContaining([nothing]) as unknown[] }); // prettier-ignore
      expect(await system.inspect.summary()).toMatchObject({ records: 0 });
      expect((await system.persistence.compact({ archive: tempDirectory() })).status).toBe('nothing_to_do'); // prettier-ignore
      expect((await system.persistence.scan()).parts).toEqual([]);
      expect((await system.persistence.recover()).status).toBe('clean');
      expect((await system.persistence.simulate()).records).toBe(0);
      expect((await system.doctor()).checks.length).toBeGreaterThan(3);
    }, server.url, {}, { system_id }); // prettier-ignore
    await server.client.xadd(KEY, '1-1', 'data', '{}');
    await server.client.xtrim(KEY, 'MAXLEN', 0);
    await withStore(async (system) => {
      expect((await system.doctor()).checks.length).toBeGreaterThan(3);
      expect((await system.persistence.compact()).status).toBe('nothing_to_do');
    }, server.url, {}, { system_id }); // prettier-ignore
  });
});

describe('a user who may not ask about the server', () => {
  const few = (): string => `redis://few:few@127.0.0.1:${server.port}/0`;

  test('a run, a dry run, an inspection and doctor do without', async () => {
    await fillOddly(1000);
    await withStore(async (system) => {
      const { persistence } = system;
      const { bytes } = await persistence.inspect({ full: true });
      expect(bytes.allocated).toBeNull();
      const { checks } = await system.doctor();
      expect(checks.length).toBeGreaterThan(3);
      const { limits } = await persistence.simulate({ now: NOW });
      expect(limits.length).toBeGreaterThan(0);
      const { records, freeing } = await persistence.compact({ free: 20_000, minAge: 0, maxDrop: 1 }); // prettier-ignore
      expect(records.dropped).toBeGreaterThan(0);
      expect(freeing?.way).not.toContain('used_memory');
    }, few());
  });
});

test('a socket and another database: doctor shows the redis-cli that reaches them', async () => {
  const url = `unix://${socket}?db=2`;
  await withStore(async (system) => {
    const { persistence } = system;
    await server.client.select(2);
    await server.client.xadd(KEY, id(0), 'data', record(0));
    await server.client.xgroup('CREATE', KEY, 'billing', '0');
    await server.client.select(0);
    const { checks } = await system.doctor();
    expect(JSON.stringify(checks)).toContain(`-s ${socket} -n 2`);
    expect((await persistence.inspect()).records.total).toBe(1);
  }, url);
});

describe('what cannot be freed', () => {
  test('of many streams three reasons are said, and how many more there are', async () => {
    const systems = ['a', 'b', 'c', 'd', 'e'];
    const ahead = Math.floor(Date.now() / 1000) + 1_000_000;
    for (const system of systems) await server.client.xadd(`papyra:${system}:events`, `${ahead}000-0`, 'data', `{"timestamp": ${ahead}}`); // prettier-ignore
    await withStore(async ({ persistence }) => {
      await expect(persistence.compact({ free: 1000 })).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringMatching(/nothing can be freed; .*dated ahead; .*; and 2 more$/) as unknown,
      });
    }, server.url, {}, { system_id: systems });
  }); // prettier-ignore

  test('where all may go, and is too little: how much that is', async () => {
    await fillOddly(50);
    await withStore(async ({ persistence }) => {
      await expect(persistence.compact({ free: 1e9, minAge: 0, allowEmpty: true })).rejects.toMatchObject({
        message: expect.stringMatching(/; there is no more that may go$/) as unknown,
      });
    });
  }); // prettier-ignore
});

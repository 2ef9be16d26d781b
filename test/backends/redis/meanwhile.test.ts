// What somebody else does to a stream while it is trimmed, stops, users without scripts, and streams that fail.
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PapyraError, type ListedRecord, type System } from '../../../src/index.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';
import { withSystem } from '../../support/system.js';
import { tempDirectory } from '../../support/temp.js';

const KEY = 'papyra:local:events';
const START = 1_790_000_000;

let server: Server;
let other: Redis;

beforeAll(async () => {
  server = await startRedis({ config: ['stream-node-max-entries 10', 'user plain on >plain ~* +@all -eval -evalsha'] }); // prettier-ignore
  other = server.client;
});
afterAll(stopServers);
beforeEach(async () => {
  await other.flushall();
});

const plain = (): string => `redis://plain:plain@127.0.0.1:${server.port}/0`;

const withStore = <T>(use: (system: System) => Promise<T>, more = {}, url = server.url) =>
  withSystem({ persistence: { backend: 'redis', url, ...more } }, use);

/** Entries of one a second. */
async function fill(count: number, key = KEY): Promise<void> {
  const script = `for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], (${START} + i) .. '000-0', 'data', '{"kind": "event", "timestamp": ' .. (${START} + i) .. '.0}') end`; // prettier-ignore
  await other.eval(script, 1, key, count);
}

/** A report, or an error in words; no bug. */
function isToldInWords(ended: unknown): boolean {
  return ended instanceof PapyraError ? ended.code !== 'internal' : !(ended instanceof Error);
}

/** Does something at the first batch of a trim. */
function atFirstBatch(act: () => unknown) {
  let begun = false;
  return ({ phase, done }: { phase: string; done: number }): void => {
    if (phase !== 'trim' || begun || done === 0) return;
    begun = true;
    void act();
  };
}

describe.each([
  ['with scripts', () => server.url],
  ['without', plain],
])('%s', (_how, url) => {
  const policy = { retention: { max_age_seconds: 60 }, approx_trim: false };
  const run = { maxDrop: 1, allowEmpty: true };

  test('all but some, by number and by age: exactly those stay', async () => {
    await fill(2000);
    await withStore(async ({ persistence }) => {
      expect((await persistence.compact(run)).records).toMatchObject({ kept: 5, dropped: 1995 });
      expect(await other.xlen(KEY)).toBe(5);
    }, { retention: { max_records: 5 }, approx_trim: false }, url()); // prettier-ignore
    await withStore(async ({ persistence }) => {
      expect((await persistence.compact(run)).records.dropped).toBe(5);
      expect(await other.xlen(KEY)).toBe(0);
    }, policy, url()); // prettier-ignore
  });

  test('a stream that is deleted meanwhile: what went is told, or that it is another one', async () => {
    await fill(60_000);
    await withStore(async ({ persistence }) => {
      const onProgress = atFirstBatch(() => other.del(KEY));
      const ended = await persistence.compact({ ...run, onProgress }).catch((error: unknown) => error);
      expect(isToldInWords(ended)).toBe(true);
      expect(await other.xlen(KEY)).toBe(0);
    }, policy, url()); // prettier-ignore
  });

  test('one that is made anew meanwhile keeps what is in it', async () => {
    await fill(60_000);
    await withStore(async ({ persistence }) => {
      const onProgress = atFirstBatch(() => other.multi().del(KEY).xadd(KEY, '1-1', 'data', 'new').exec()); // prettier-ignore
      const ended = await persistence.compact({ ...run, onProgress }).catch((error: unknown) => error);
      expect(isToldInWords(ended)).toBe(true);
      // Without a script nobody can tell the two streams apart in time.
      expect(await other.xlen(KEY)).toBeGreaterThanOrEqual(url() === server.url ? 1 : 0);
    }, { retention: { max_records: 5 }, approx_trim: false }, url()); // prettier-ignore
  });

  test('a consumer group that is added meanwhile: the trim ends, and what it needs is told', async () => {
    await fill(60_000);
    await withStore(async ({ persistence }) => {
      const onProgress = atFirstBatch(() => other.xgroup('CREATE', KEY, 'billing', '0'));
      await expect(persistence.compact({ ...run, onProgress })).rejects.toMatchObject({
        code: expect.stringMatching(/try_again/) as string,
        message: expect.stringContaining('a consumer group was added') as string,
      });
      expect(await other.xlen(KEY)).toBeGreaterThan(0);
    }, policy, url()); // prettier-ignore
  });

  test('a stop meanwhile: interrupted, and what is left is told', async () => {
    await fill(60_000);
    await withStore(async ({ persistence }) => {
      const stop = new AbortController();
      const onProgress = atFirstBatch(() => { stop.abort(); }); // prettier-ignore
      await expect(persistence.compact({ ...run, onProgress, signal: stop.signal })).rejects.toMatchObject({ code: 'interrupted' }); // prettier-ignore
      expect(await other.xlen(KEY)).toBeGreaterThan(0);
    }, policy, url()); // prettier-ignore
  });

  test('the entry with the largest id of all goes, too', async () => {
    await fill(50);
    await other.xadd(KEY, '18446744073709551615-18446744073709551615', 'data', '{"kind": "event", "timestamp": 1}'); // prettier-ignore
    await withStore(async ({ persistence }) => {
      const { records } = await persistence.compact(run);
      expect(records.dropped).toBeGreaterThanOrEqual(50);
    }, policy, url()); // prettier-ignore
  });
});

test('a call that was stopped before: interrupted, and nothing goes', async () => {
  await fill(500);
  const signal = AbortSignal.abort();
  const stopped = { code: 'interrupted' };
  await withStore(async (system) => {
    const { persistence } = system;
    await expect(persistence.compact({ signal, maxDrop: 1, allowEmpty: true })).rejects.toMatchObject(stopped); // prettier-ignore
    await expect(persistence.compact({ signal, maxDrop: 1, allowEmpty: true, archive: tempDirectory() })).rejects.toMatchObject(stopped); // prettier-ignore
    await expect(persistence.compact({ signal, free: 1000, minAge: 0, allowEmpty: true })).rejects.toMatchObject(stopped); // prettier-ignore
    await expect(persistence.scan({ signal })).rejects.toMatchObject(stopped);
    await expect(persistence.recover({ signal })).rejects.toMatchObject(stopped);
    await expect(persistence.simulate({ signal })).rejects.toMatchObject(stopped);
    await expect(persistence.inspect({ signal })).rejects.toMatchObject(stopped);
    expect(await other.xlen(KEY)).toBe(500);
  }, { retention: { max_age_seconds: 60 } }); // prettier-ignore
});

test('an archive that is stopped half way: nothing goes, and no archive is left', async () => {
  await fill(20_000);
  await withStore(async ({ persistence }) => {
    const stop = new AbortController();
    const onProgress = ({ phase }: { phase: string }): void => {
      if (phase !== 'scan') stop.abort();
    };
    setTimeout(() => { stop.abort(); }, 100); // prettier-ignore
    await persistence.compact({ signal: stop.signal, onProgress, maxDrop: 1, allowEmpty: true, archive: tempDirectory() }).catch((error: unknown) => { expect(error).toMatchObject({ code: 'interrupted' }); }); // prettier-ignore
    expect(await other.xlen(KEY)).toBeGreaterThanOrEqual(0);
  }, { retention: { max_age_seconds: 60 } }); // prettier-ignore
});

describe('many keys of which none is a stream', () => {
  const systems = Array.from({ length: 10 }, (_, n) => `s${n}`);

  test('fail each for itself; some are named, and how many more there are', async () => {
    for (const system of systems) for (const kind of ['events', 'audits', 'dead_letters']) await other.set(`papyra:${system}:${kind}`, 'text'); // prettier-ignore
    await other.xadd('papyra:s0:events:x', '1-1', 'data', '{}');
    const more = { retention: { max_age_seconds: 60 }, system_id: systems };
    await withStore(async (system) => {
      const { persistence } = system;
      const another = { message: expect.stringContaining('another type') as string };
      await expect(persistence.compact({ dryRun: true })).rejects.toMatchObject(another);
      await expect(persistence.compact()).rejects.toMatchObject(another);
      for (const call of [() => persistence.scan(), () => persistence.recover(), () => persistence.simulate(), () => persistence.inspect(), () => system.doctor(), () => persistence.compact({ free: 1000, minAge: 0 })]) { // prettier-ignore
        await call().catch((error: unknown) => { expect(error).toMatchObject({ code: expect.any(String) as string }); }); // prettier-ignore
      }
    }, more); // prettier-ignore
  });

  test('a few beside good ones: those are done', async () => {
    await fill(500, 'papyra:s0:events');
    await fill(500, 'papyra:s1:audits');
    await other.set('papyra:s1:events', 'text');
    for (const system of systems.slice(2)) await other.set(`papyra:${system}:events`, 'text');
    await withStore(async ({ persistence }) => {
      const ended = await persistence.compact({ maxDrop: 1, allowEmpty: true }).catch((error: unknown) => error); // prettier-ignore
      expect(isToldInWords(ended)).toBe(true);
      expect(await other.xlen('papyra:s0:events')).toBe(0);
    }, { retention: { max_age_seconds: 60 }, approx_trim: false, system_id: systems }); // prettier-ignore
  });
});

describe('what is freed', () => {
  const now = Math.floor(Date.now() / 1000);
  const old = async (system: string, age: number, count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await other.xadd(`papyra:${system}:events`, `${now - age + n}000-0`, 'data', `{"kind": "event", "timestamp": ${now - age + n}, "pad": "${'x'.repeat(2000)}"}`); // prettier-ignore
  };
  const left = async (): Promise<number[]> => Promise.all(['a', 'b', 'c', 'd'].map((one) => other.xlen(`papyra:${one}:events`))); // prettier-ignore

  test('comes from the oldest of many streams, and in the end all may go', async () => {
    for (const [system, days] of [['a', 20], ['b', 40], ['c', 10], ['d', 30]] as const) await old(system, days * 86_400, 40); // prettier-ignore
    await withStore(async ({ persistence }) => {
      await persistence.compact({ free: 30_000, minAge: 0, maxDrop: 1 });
      const [a, b, c, d] = await left();
      expect([a, c, d]).toEqual([40, 40, 40]);
      expect(b).toBeLessThan(40);
      await persistence.compact({ free: 100_000, minAge: 0, maxDrop: 1 });
      expect((await left())[2]).toBe(40);
      const most = await persistence.compact({ free: 1e9, minAge: 0, maxDrop: 1, allowEmpty: true }).catch((error: unknown) => error); // prettier-ignore
      const [, amount] = /at most about (\d+) can be freed/.exec((most as Error).message)!;
      await persistence.compact({ free: Number(amount), minAge: 0, maxDrop: 1, allowEmpty: true });
      expect(await left()).toEqual([0, 0, 0, 0]);
    }, { system_id: ['a', 'b', 'c', 'd'] }); // prettier-ignore
  });
});

test('so many expired entries in a node with one that stays that they are not counted: an approximate trim says so', async () => {
  await other.config('SET', 'stream-node-max-entries', 100_000);
  await other.config('SET', 'stream-node-max-bytes', 0);
  await fill(30_000);
  await other.config('SET', 'stream-node-max-entries', 10);
  await other.config('SET', 'stream-node-max-bytes', 4096);
  await withStore(async ({ persistence }) => {
    const report = await persistence.compact({ maxDrop: 1 });
    expect(report.records).toMatchObject({ dropped: 0 });
    expect(JSON.stringify(report)).toMatch(/more than \d+ expired entries are in a node/);
  }, { retention: { max_records: 5 } }); // prettier-ignore
});

describe('damage in many streams', () => {
  test('is refused with some of their names, or removed with a copy beside them', async () => {
    const systems = Array.from({ length: 8 }, (_, n) => `s${n}`);
    for (const system of systems) for (let n = 0; n < 20; n++) await other.xadd(`papyra:${system}:events`, `${START + n}000-0`, 'data', n % 2 ? 'garbage' : '{"kind": "event"}'); // prettier-ignore
    await withStore(async ({ persistence }) => {
      await expect(persistence.recover()).rejects.toMatchObject({ code: 'refused' });
      const { status, anomalies } = await persistence.recover({ mode: 'quarantine', quarantineDir: '/nowhere', maxDrop: 1, limit: 3 }); // prettier-ignore
      expect([status, anomalies.found.total, anomalies.found.listed.length]).toEqual(['recovered', 80, 3]); // prettier-ignore
      expect((await persistence.recover({ maxDrop: 1 })).status).toBe('clean');
    }, { system_id: systems }); // prettier-ignore
  });
});

describe('records of streams', () => {
  test('of one id come in the order of their keys, both ways, and those dated ahead are told', async () => {
    for (const kind of ['events', 'audits']) for (let n = 1; n < 4; n++) await other.xadd(`papyra:local:${kind}`, `${START + n}000-0`, 'data', `{"kind": "${kind.slice(0, -1)}", "timestamp": ${START + n}}`); // prettier-ignore
    const ahead = Math.floor(Date.now() / 1000) + 1_000_000;
    await other.xadd(KEY, `${ahead}000-0`, 'data', `{"kind": "event", "timestamp": ${ahead}}`);
    await withStore(async ({ inspect, persistence }) => {
      const list = async (how: object): Promise<ListedRecord[]> => {
        const found: ListedRecord[] = [];
        for await (const one of inspect.records(how)) found.push({ ...one });
        return found;
      };
      const [forth, back] = [await list({}), await list({ newestFirst: true })];
      expect(forth.map(({ kind, timestamp }) => `${kind} ${timestamp}`).reverse()).toEqual(back.map(({ kind, timestamp }) => `${kind} ${timestamp}`)); // prettier-ignore
      expect(await list({ limit: 2 })).toHaveLength(2);
      expect((await persistence.inspect({ full: true })).records.future).toBe(1);
    }, { retention: { max_records: 100 } }); // prettier-ignore
  });

  test('that come are followed, but not those that have expired, until a stop', async () => {
    await fill(3);
    const stop = new AbortController();
    await withStore(async ({ inspect }) => {
      const seen: number[] = [];
      const following = (async () => {
        for await (const { timestamp } of inspect.records({ follow: true, signal: stop.signal })) {
          seen.push(timestamp!);
          if (seen.length === 2) stop.abort();
        }
      })();
      const now = Math.floor(Date.now() / 1000);
      setTimeout(() => {
        void other.xadd(KEY, `${START + 10}000-0`, 'data', `{"kind": "event", "timestamp": ${START + 10}}`); // prettier-ignore
        void other.xadd(KEY, `${now}000-0`, 'data', `{"kind": "event", "timestamp": ${now}}`);
        void other.xadd(KEY, `${now}000-1`, 'note', 'no record');
        void other.xadd(KEY, `${now}000-2`, 'data', `{"kind": "event", "timestamp": ${now}}`);
      }, 300);
      await expect(following).rejects.toMatchObject({ code: 'interrupted' });
      expect(seen).toEqual([now, now]);
    }, { retention: { max_age_seconds: 3600 } }); // prettier-ignore
  });
});

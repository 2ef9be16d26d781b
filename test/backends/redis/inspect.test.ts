// Inspecting streams: exact numbers are those of a plain reading, and a sample says what it is.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Inspection } from '../../../src/index.js';
import { tempRedisConfig } from '../../support/config.js';
import { papyra, PAPYRA } from '../../support/papyra.js';
import { peakMemory } from '../../support/peak-memory.js';
import { plainGroups, plainKinds, reportedGroups, type PlainLine } from '../../support/plain-inspection.js'; // prettier-ignore
import { Random, testSeed } from '../../support/random.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';
import { expectedOf, load, streamEntries, type StreamEntry } from '../../support/streams.js';

const ROUNDS = process.env['PAPYRA_SOAK'] === '1' ? 200 : 20;
const START = 1_790_000_000;
const STEP = 97.123456;

let server: Server;

beforeAll(async () => {
  server = await startRedis();
});
afterEach(() => server.client.flushall());
afterAll(stopServers);

async function inspected(args: string[], rest: object = {}): Promise<Inspection> {
  const config = tempRedisConfig({ url: server.url, ...rest });
  const run = await papyra(['--config', config, 'persistence', 'inspect', '--json', ...args]);
  expect([run.code, run.stderr.replace(/^papyra: warning: .*\n/gm, '')]).toEqual([0, '']);
  return JSON.parse(run.stdout) as Inspection;
}

/** Some are no records, or have no time, or a blank as a newline in them. */
function bent(random: Random, entry: StreamEntry): StreamEntry {
  if (random.chance(0.9)) return entry;
  const data = random.pick(['torn {"timestamp": ', '', '[1]', '{"kind": "audit"}', '{"kind":\n"event"}', '{"kind": "new", "message_type": "M", "timestamp": 1}']); // prettier-ignore
  return { ...entry, data };
}

/** As Python would read it, in a language that has no NaN. */
function plainLine({ id, data }: StreamEntry): PlainLine {
  const bytes = Buffer.byteLength(data);
  const time = Number(id.split('-')[0]) / 1000;
  try {
    const text = data.replace(/-?\b(?:NaN|Infinity)\b/g, 'null');
    const record = JSON.parse(text) as { timestamp?: unknown } | unknown[];
    if (Array.isArray(record)) throw new Error('no object');
    const { timestamp } = record;
    const dated = typeof timestamp === 'number';
    return { kind: dated ? 'record' : 'undated', timestamp: dated ? timestamp : time, bytes, text };
  } catch {
    return { kind: 'unreadable', timestamp: time, bytes, text: '' };
  }
}

const seed = testSeed('inspections of streams');

test(`${ROUNDS} random stores and policies: every number is that of a plain reading, and nothing is changed`, async () => {
  const random = new Random(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const where = `seed ${seed}, round ${round}`;
    await server.client.flushall();
    const systems = ['a', 'b'].slice(0, 1 + random.below(2));
    const entries = systems
      .flatMap((system) => streamEntries({ seed: seed + round, count: 1 + random.below(300), system }))
      .map((entry) => bent(random, entry)); // prettier-ignore
    await load(server.client, entries);
    const cutoff = START + (random.below(300) + 0.5) * STEP;
    const policy = {
      ...(random.chance(0.6) ? { cutoff } : {}),
      ...(random.chance(0.5) ? { maxRecords: 1 + random.below(100) } : {}),
      ...(random.chance(0.5) ? { maxBytes: 100 + random.below(40_000) } : {}),
    };
    const flags = [
      ...('cutoff' in policy ? ['--max-age', `${(Date.now() / 1000 - cutoff).toFixed(3)}s`] : []),
      ...(policy.maxRecords === undefined ? [] : ['--max-records', String(policy.maxRecords)]),
      ...(policy.maxBytes === undefined ? [] : ['--max-total-bytes', String(policy.maxBytes)]),
    ];
    const by = random.pick(['kind', 'type', 'actor'] as const);
    const full = random.chance(0.5) ? ['--full'] : [];
    const before = await server.client.info('persistence');
    const report = await inspected([...flags, '--by', by, '--limit', '100000', ...full], { system_id: '*' }); // prettier-ignore
    const changes = (info: string) => /rdb_changes_since_last_save:\d+/.exec(info)![0];
    expect(changes(await server.client.info('persistence')), where).toBe(changes(before));
    const lines = entries.map(plainLine);
    const keys = [...new Set(entries.map(({ key }) => key))].sort();
    const dropped = keys.reduce((sum, key) => {
      const stream = entries.filter((entry) => entry.key === key);
      return sum + stream.length - expectedOf(stream, policy).length;
    }, 0);
    const unreadable = lines.filter(({ kind }) => kind === 'unreadable').length;
    expect(report, where).toMatchObject({
      status: 'inspected',
      sample: null,
      records: {
        total: lines.length - unreadable,
        undated: lines.filter(({ kind }) => kind === 'undated').length,
        unreadable,
        by_kind: plainKinds(lines),
      },
      bytes: { total: lines.reduce((sum, { bytes }) => sum + bytes, 0) },
      expired: { records: dropped },
    });
    const { age, count, size } = report.expired!.by;
    expect(age! + count! + size!, where).toBe(dropped);
    const parts = report.parts.map(({ name, records, bytes }) => ({ name, records, bytes }));
    expect(parts, where).toEqual(
      keys.map((name) => {
        const stream = entries.filter(({ key }) => key === name);
        const bytes = stream.reduce((sum, { data }) => sum + Buffer.byteLength(data), 0);
        return { name, records: stream.length, bytes };
      }),
    );
    expect(reportedGroups(report.top!.groups), where).toEqual(plainGroups(lines, by));
  }
}, 300_000);

test('groups are shown with what is pending and their lag, and stay as they are', async () => {
  const { client } = server;
  await load(client, streamEntries({ seed: 1, count: 30 }));
  const key = 'papyra:local:events';
  await client.xgroup('CREATE', key, 'bil\u001bling', '0');
  await client.xreadgroup('GROUP', 'bil\u001bling', 'one', 'COUNT', 4, 'STREAMS', key, '>');
  const length = await client.xlen(key);
  const report = await inspected([]);
  const part = report.parts.find(({ name }) => name === key);
  expect(part!.groups).toEqual([
    { name: 'bil\u001bling', consumers: 1, pending: 4, lag: length - 4 },
  ]);
  const config = tempRedisConfig({ url: server.url });
  const { stdout } = await papyra(['--config', config, 'persistence', 'inspect', '--by', 'type']);
  expect(stdout).toMatch(new RegExp(`bil\\\\x1bling +${key} +1 +4 +${length - 4}\n`));
  expect(stdout).toMatch(/ of data; .* of memory/);
});

test('of a large store a sample is read and says so; estimates are near, and memory stays small', async () => {
  await load(server.client, streamEntries({ seed: 3, count: 60_000 }));
  const flags = ['--by', 'type', '--max-records', '15000'];
  const [guess, exact] = [await inspected(flags), await inspected([...flags, '--full'])];
  expect(exact.sample).toBeNull();
  expect(guess.sample).toMatchObject({ unit: 'entries', total: 60_000 });
  expect(guess.sample!.read).toBeLessThan(12_000);
  const near = (one: number, other: number, share: number) => {
    expect(Math.abs(one - other)).toBeLessThanOrEqual(other * share);
  };
  expect(guess.expired!.by).toEqual(exact.expired!.by);
  near(guess.bytes.total!, exact.bytes.total!, 0.02);
  for (const at of [0, 1, 2]) near(guess.records.by_kind[at]!.records, exact.records.by_kind[at]!.records, 0.02); // prettier-ignore
  near(guess.top!.groups[0]!.bytes, exact.top!.groups[0]!.bytes, 0.15);
  const base = peakMemory(['-e', '0']).mib;
  const config = tempRedisConfig({ url: server.url });
  const args = ['--config', config, '--quiet', 'persistence', 'inspect', '--full', '--by', 'actor'];
  const { code, mib } = peakMemory([PAPYRA, ...args]);
  expect(code).toBe(0);
  expect(mib - base).toBeLessThan(64);
});

test('a store without entries is empty, with a word about it; a server that is down is 69', async () => {
  const report = await inspected([]);
  expect(report).toMatchObject({ records: { total: 0 }, parts: [], expired: { records: 0 } });
  expect(report.warnings.join()).toContain('no entries in');
  const config = tempRedisConfig({ url: 'redis://127.0.0.1:1/0' });
  const run = await papyra(['--config', config, 'persistence', 'inspect']);
  expect(run.code).toBe(69);
});

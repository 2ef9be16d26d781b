import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tempRedisConfig } from '../../support/config.js';
import { compact } from '../../support/papyra.js';
import { Random, testSeed } from '../../support/random.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';
import { expectedOf, readStream, type StreamEntry } from '../../support/streams.js';

/** Streams of a round share a policy and a run. */
const STREAMS = 100;
const ROUNDS = process.env['PAPYRA_SOAK'] === '1' ? 30 : 10;
const START = 1_790_000_000;
const LARGEST = '18446744073709551615-18446744073709551615';

let server: Server;
const seed = testSeed('random streams of any shape');

beforeAll(async () => {
  server = await startRedis();
});
afterAll(stopServers);

interface Stream {
  key: string;
  /** What is there, oldest first. */
  entries: StreamEntry[];
  /** Entries of the largest node there may be. */
  node: number;
  /** The first entry that a group still needs. */
  needed: string | undefined;
}

async function randomStream(random: Random, client: Redis, system: number): Promise<Stream> {
  const key = `papyra:s${system}:${random.pick(['events', 'audits', 'dead_letters'])}`;
  const count = 1 + random.below(random.pick([5, 60, 400]));
  const skew = random.pick([0, 0, 30, 400]);
  const pad = 'x'.repeat(random.pick([0, 10, 300]));
  const sizes = [random.pick([0, 1, 7, 100, 1000]), random.pick([0, 1, 7, 100, 1000])];
  const bytes = random.pick([0, 0, 512]);
  await client.config('SET', 'stream-node-max-bytes', bytes);
  let entries: StreamEntry[] = [];
  for (let index = 0; index < count; index++) {
    if (index === 0 || index === count >> 1) {
      await client.config('SET', 'stream-node-max-entries', sizes[index === 0 ? 0 : 1]!);
    }
    const at = START + index * 5;
    // Whole steps: a limit half a second behind one stays true while a run begins.
    const lag = random.chance(0.9) ? 0 : 5 * Math.round(((random.next() * 2 - 1) * skew) / 5);
    const data = random.chance(0.95)
      ? `{"kind": "event", "timestamp": ${at + lag}, "payload": "${pad}"}`
      : random.pick(['torn {"timestamp": ', '{"kind": "undated"}', '']);
    entries.push({ key, id: `${at}000-${index % 3}`, data });
  }
  // The last ones may be far ahead, and be the last that there can be.
  if (random.chance(0.1)) entries.push({ key, id: '9007199254740993-5', data: '{"kind": "undated"}' }); // prettier-ignore
  if (random.chance(0.1)) entries.push({ key, id: LARGEST, data: '{"kind": "undated"}' });
  for (const { id, data } of entries) void client.xadd(key, id, 'data', data);
  const needed = random.chance(0.3) ? await addGroups(random, client, key, entries) : undefined;
  const holes = random.pick([0, 0, 0.1, 0.5, 1]);
  const gone = entries.filter(({ id }) => random.chance(holes) && id !== needed);
  const tail = random.chance(0.2) ? entries.slice(-1 - random.below(entries.length)) : [];
  const deleted = new Set([...gone, ...tail].map(({ id }) => id));
  if (needed !== undefined) deleted.delete(needed);
  if (deleted.size > 0) await client.xdel(key, ...deleted);
  entries = entries.filter(({ id }) => !deleted.has(id));
  return { key, entries, node: sizes.includes(0) ? Infinity : Math.max(...sizes), needed };
}

/**
 * A group that has read some, and acknowledged some of these. What it needs is there; what else is pending is gone: a
 * tombstone.
 */
async function addGroups(
  random: Random,
  client: Redis,
  key: string,
  entries: StreamEntry[],
): Promise<string | undefined> {
  await client.xgroup('CREATE', key, 'workers', '0');
  const read = 1 + random.below(entries.length);
  await client.xreadgroup('GROUP', 'workers', 'one', 'COUNT', read, 'STREAMS', key, '>');
  const pending = random.below(read);
  const ids = entries.map(({ id }) => id);
  const unread = ids[read];
  const acknowledged = ids.slice(0, read).filter((_, at) => at !== pending);
  if (acknowledged.length > 0) await client.xack(key, 'workers', ...acknowledged);
  // Pending and deleted: nobody needs it.
  if (random.chance(0.3)) {
    await client.xdel(key, ids[pending]!);
    entries.splice(pending, 1);
    return unread;
  }
  return ids[pending];
}

/** By the plain rules, and what a group needs stays with all behind it. */
function keptOf({ entries, needed }: Stream, policy: Parameters<typeof expectedOf>[1]): StreamEntry[] {
  const kept = expectedOf(entries, policy);
  const from = entries.findIndex(({ id }) => id === needed);
  return from === -1 ? kept : entries.slice(Math.min(from, entries.length - kept.length));
} // prettier-ignore

function randomPolicy(random: Random) {
  const cutoff = START + 5 * random.below(300) + 0.5;
  const maxRecords = 1 + random.below(300);
  const maxBytes = 100 + random.below(40_000);
  const policy = {
    ...(random.chance(0.6) ? { cutoff } : {}),
    ...(random.chance(0.6) ? { maxRecords } : {}),
    ...(random.chance(0.3) ? { maxBytes } : {}),
  };
  const age = () => `${(Date.now() / 1000 - cutoff).toFixed(3)}s`;
  const flags = () => [
    ...('cutoff' in policy ? ['--max-age', age()] : []),
    ...('maxRecords' in policy ? ['--max-records', String(maxRecords)] : []),
    ...('maxBytes' in policy ? ['--max-total-bytes', String(maxBytes)] : []),
  ];
  return flags().length > 0 ? { policy, flags } : { policy: { maxRecords }, flags: () => ['--max-records', String(maxRecords)] }; // prettier-ignore
}

test(`${ROUNDS * STREAMS} streams of any shape: exact leaves what the plain rules say, approximate at most a node more, and the dry run tells what the run does`, async () => {
  const random = new Random(seed);
  const file = tempRedisConfig({ url: server.url, system_id: '*' });
  for (let round = 0; round < ROUNDS; round++) {
    const where = `seed ${seed}, round ${round}`;
    await server.client.flushall();
    const streams: Stream[] = [];
    for (let n = 0; n < STREAMS; n++) streams.push(await randomStream(random, server.client, n));
    const { policy, flags } = randomPolicy(random);
    const exact = random.chance(0.6);
    const args = () => [
      '--config',
      file,
      ...flags(),
      exact ? '--exact' : '--approx',
      '--allow-empty',
    ];
    const before = await Promise.all(streams.map(({ key }) => readStream(server.client, key)));
    const preview = await compact([...args(), '--dry-run']);
    expect([preview.code, preview.stderr], where).toEqual([0, expect.any(String)]);
    const after = await Promise.all(streams.map(({ key }) => readStream(server.client, key)));
    expect(after, where).toEqual(before);
    const { code, report } = await compact(args());
    expect(code, where).toBe(0);
    for (const [at, stream] of streams.entries()) {
      const here = `${where}, ${stream.key} ${JSON.stringify(policy)}`;
      expect(before[at], here).toEqual(stream.entries);
      const kept = keptOf(stream, policy);
      const left = await readStream(server.client, stream.key);
      const told = preview.report.parts.find(({ name }) => name === stream.key);
      const part = report.parts.find(({ name }) => name === stream.key);
      expect(told?.dropped ?? 0, here).toBe(stream.entries.length - kept.length);
      expect(part?.dropped ?? 0, here).toBe(stream.entries.length - left.length);
      if (exact) expect(left, here).toEqual(kept);
      else {
        expect(left.slice(left.length - kept.length), here).toEqual(kept);
        expect(left.length - kept.length, here).toBeLessThanOrEqual(stream.node);
      }
      if (exact && stream.entries.length > 0 && left.length === 0) {
        const info = (await server.client.call('XINFO', 'STREAM', stream.key)) as unknown[];
        expect(info[info.indexOf('radix-tree-keys') + 1], here).toBe(0);
      }
    }
  }
}, 600_000);

// Streams damaged from a seed: scan names every fault, recover takes these and nothing else.
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quarantineKey } from '../../../src/backends/redis/quarantine.js';
import {
  damagedStream,
  rawStream,
  sizeOf,
  type MadeStream,
} from '../../support/damaged-streams.js';
import { Random, testSeed } from '../../support/random.js';
import { recoverStore, scanStore, storeAt } from '../../support/redis-recovery.js';
import { startRedis, stopServers, type Server } from '../../support/redis.js';

const SEEDS = process.env['PAPYRA_SOAK'] === '1' ? 500 : 60;

let server: Server;
const firstSeed = testSeed('streams damaged at random');

beforeAll(async () => {
  server = await startRedis();
});
afterAll(stopServers);

async function damagedStore(random: Random, client: Redis): Promise<MadeStream[]> {
  await client.flushall();
  await client.config('SET', 'stream-node-max-entries', random.pick([1, 2, 100, 1000]));
  const streams: MadeStream[] = [];
  for (let system = 0; system <= random.below(3); system++) {
    for (const kind of ['audits', 'dead_letters', 'events']) {
      streams.push(await damagedStream(random, client, `papyra:s${system}:${kind}`));
    }
  }
  return streams;
}

/** Some group has been given entries, and has acknowledged none. Returns how many of them are damaged. */
async function addGroup(random: Random, client: Redis, { key, entries }: MadeStream): Promise<number> {
  if (entries.length === 0 || random.chance(0.7)) return 0;
  const read = 1 + random.below(entries.length);
  await client.xgroup('CREATE', key, 'billing', '0');
  await client.xreadgroup('GROUP', 'billing', 'one', 'COUNT', read, 'STREAMS', key, '>');
  return entries.slice(0, read).filter(({ damaged }) => damaged).length;
} // prettier-ignore

function copyOf(entry: [id: string, fields: Buffer[]]): Record<string, Buffer> {
  const [, fields] = entry;
  return Object.fromEntries(
    fields.flatMap((field, at) => (at % 2 === 0 ? [[String(field), fields[at + 1]!]] : [])),
  );
}

type FieldText = string | { base64: string };

function bytesFrom(text: FieldText): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.base64, 'base64');
}

/** What the copy tells of the fields: `data` last. */
function restored({ data, fields }: Record<string, Buffer>): Buffer[] {
  const others = fields ? (JSON.parse(fields.toString()) as [FieldText, FieldText][]) : [];
  return [...others.flat().map(bytesFrom), ...(data ? [Buffer.from('data'), data] : [])];
}

/** The last `data` moved to the end. */
function dataLast(fields: Buffer[]): Buffer[] {
  const at = fields.findLastIndex((field, index) => index % 2 === 0 && String(field) === 'data');
  return at === -1 ? fields : [...fields.slice(0, at), ...fields.slice(at + 2), fields[at]!, fields[at + 1]!]; // prettier-ignore
}

test(`${SEEDS} seeds: every fault is named, the dry run tells what the run does, survivors stay byte for byte, and what goes is in quarantine`, async () => {
  const { client, port } = server;
  const store = storeAt(port);
  for (let seed = firstSeed; seed < firstSeed + SEEDS; seed++) {
    const where = `PAPYRA_SEED=${seed}`;
    const random = new Random(seed);
    const streams = await damagedStore(random, client);
    const pending = new Map<string, number>();
    for (const stream of streams) pending.set(stream.key, await addGroup(random, client, stream));
    const rawOf = () => Promise.all(streams.map(({ key }) => rawStream(client, key)));
    const made = streams.map(({ entries }) => entries.map(({ id, fields }) => [id, fields]));
    expect(await rawOf(), where).toEqual(made);

    const faults = streams.flatMap(({ key, entries }) => entries.filter(({ damaged }) => damaged).map((entry) => ({ key, ...entry }))); // prettier-ignore
    const goingBytes = faults.reduce((sum, { fields }) => sum + sizeOf(fields), 0);
    const present = streams.filter(({ entries }) => entries.length > 0);
    const intact = present.flatMap(({ entries }) => entries.filter(({ damaged }) => !damaged));

    const scan = await scanStore(store, { limit: 100_000 });
    expect(scan.status, where).toBe(faults.length > 0 ? 'anomalies' : 'clean');
    expect(scan.anomalies.listed.map(({ kind, stream, id, bytes }) => ({ kind, stream, id, bytes })), where) // prettier-ignore
      .toEqual(faults.map(({ key, id, fields }) => ({ kind: 'CORRUPTED_LINE', stream: key, id, bytes: sizeOf(fields) }))); // prettier-ignore
    for (const { excerpt, detail } of scan.anomalies.listed) {
      expect(excerpt.length, where).toBeLessThanOrEqual(80);
      // eslint-disable-next-line no-control-regex
      expect(excerpt + detail, where).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }
    expect(scan.records.scanned, where).toBe(intact.length);
    expect(scan.bytes.anomalous, where).toBe(goingBytes);
    expect(scan.parts.map(({ name }) => name), where).toEqual(present.map(({ key }) => key)); // prettier-ignore

    const mode = random.pick(['repair', 'quarantine'] as const);
    const limit = random.pick([0, 3, 1000]);
    const preview = await recoverStore(store, { mode, limit, dryRun: true });
    expect(await rawOf(), where).toEqual(made);
    expect(await client.keys('*quarantine*'), where).toEqual([]);

    const report = await recoverStore(store, { mode, limit });
    const { started_at, duration_ms } = report;
    expect({ ...preview, started_at, duration_ms, status: report.status }, where).toEqual(report);
    expect(preview.status, where).toBe('dry_run');
    expect(report.status, where).toBe(faults.length > 0 ? 'recovered' : 'clean');
    expect(report.records, where).toMatchObject({ kept: intact.length, removed_lines: faults.length }); // prettier-ignore
    expect(report.bytes.removed, where).toBe(goingBytes);
    expect(report.anomalies.found.by_kind.CORRUPTED_LINE, where).toBe(faults.length);
    expect(report.anomalies.remaining.total, where).toBe(0);
    for (const [key, many] of pending) {
      const told = report.warnings.filter((warning) => warning.startsWith(`${key}: consumer group 'billing' has ${many} of`)); // prettier-ignore
      expect(told.length, where).toBe(many > 0 ? 1 : 0);
    }

    const survivors = streams.map(({ entries }) => entries.filter(({ damaged }) => !damaged).map(({ id, fields }) => [id, fields])); // prettier-ignore
    expect(await rawOf(), where).toEqual(survivors);
    for (const { key, entries } of streams) {
      const copies = (await rawStream(client, quarantineKey(key))).map(copyOf);
      const gone = mode === 'quarantine' ? entries.filter(({ damaged }) => damaged) : [];
      expect(copies.map(({ source, id }) => [String(source), String(id)]), where).toEqual(gone.map(({ id }) => [key, id])); // prettier-ignore
      expect(copies.map(restored), where).toEqual(gone.map(({ fields }) => dataLast(fields)));
    }

    const [clean, again] = [await scanStore(store), await recoverStore(store, { mode })];
    expect([clean.status, clean.anomalies.total], where).toEqual(['clean', 0]);
    expect([again.status, again.records.removed_lines], where).toEqual(['clean', 0]);
  }
}, 600_000);

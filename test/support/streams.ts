import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster, Redis } from 'ioredis';
import { SHARED_DATA } from './papyra.js';
import { records } from './records.js';

export interface StreamEntry {
  key: string;
  id: string;
  data: string;
}

const KINDS: Record<string, string> = {
  event: 'events',
  audit: 'audits',
  dead_letter: 'dead_letters',
};

/** Entries as the runtime's Redis backend writes them: an id is the time in milliseconds, and a little more. */
export function streamEntries(options: {
  seed: number;
  count: number;
  system?: string;
  start?: number;
  step?: number;
}): StreamEntry[] {
  const { system = 'local', start = 1_790_000_000, step = 97.123456, ...rest } = options;
  return [...records({ ...rest, start, step })].map((data, index) => {
    const kind = /"kind": "(\w+)"/.exec(data)![1]!;
    const id = `${Math.round((start + index * step) * 1000) + 3}-0`;
    return { key: `papyra:${system}:${KINDS[kind]}`, id, data };
  });
}

/** The real runtime's own, where they are at hand; else some of the same shapes. */
export function sampleEntries(): StreamEntry[] {
  const file = join(SHARED_DATA, 'redis/streams.ndjson');
  if (!existsSync(file)) return streamEntries({ seed: 1, count: 1500 });
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as StreamEntry);
}

/** Adds entries, many at a time. */
export async function load(
  client: Redis | Cluster,
  entries: readonly StreamEntry[],
): Promise<void> {
  const adding = entries.map(({ key, id, data }) => client.xadd(key, id, 'data', data));
  await Promise.all(adding);
}

/** What is in a stream, oldest first. */
export async function readStream(client: Redis | Cluster, key: string): Promise<StreamEntry[]> {
  const entries = await client.xrange(key, '-', '+');
  return entries.map(([id, fields]) => ({ key, id, data: fields[fields.indexOf('data') + 1]! }));
}

/** The retention of one stream, in its plainest form: what the newest part that stays is. */
export function expectedOf(
  entries: readonly StreamEntry[],
  policy: { cutoff?: number; maxRecords?: number; maxBytes?: number },
): StreamEntry[] {
  const { cutoff = -Infinity, maxRecords = Infinity, maxBytes = Infinity } = policy;
  const live = entries.filter((entry) => timeOf(entry) >= cutoff);
  let kept = live.slice(Math.max(0, live.length - maxRecords));
  let bytes = 0;
  const fits = [...kept].reverse().findIndex(({ data }) => (bytes += Buffer.byteLength(data)) > maxBytes); // prettier-ignore
  if (fits !== -1) kept = kept.slice(kept.length - fits);
  // Only the head can go.
  const first = kept[0];
  return first === undefined ? [] : entries.slice(entries.indexOf(first));
}

/** The timestamp of a record that has one, else the time of the id. */
function timeOf({ id, data }: StreamEntry): number {
  const [milliseconds] = id.split('-');
  try {
    const { timestamp } = JSON.parse(data.replace(/\b(?:NaN|-?Infinity)\b/g, '0')) as {
      timestamp?: unknown;
    };
    if (typeof timestamp === 'number' && Number.isFinite(timestamp)) return timestamp;
  } catch {
    // Unreadable: dated by its id.
  }
  return Number(milliseconds) / 1000;
}

// Lists the entries of the streams of a kind, of all systems of the store, and follows what is added.
import { setTimeout as sleep } from 'node:timers/promises';
import { interruption } from '../../errors/errors.js';
import type { Unwrap } from '../../log/archived-records.js';
import { NONE_KNOWN, type Known } from '../../log/known.js';
import { fieldsOf, textOf } from '../../records/members.js';
import { classify, RecordFilter, type RecordKind } from '../../records/record-filter.js';
import { ageCutoff, type RetentionRules } from '../../retention/policy.js';
import type { RecordBatches, RecordsRequest, StoredRecord } from '../listing.js';
import { findStreams } from './discover.js';
import { entries, timeOf, type Entry, type Range } from './entries.js';
import { idAfter, idValue, isBefore } from './ids.js';
import type { StreamLocation } from './nodes.js';
import { wordedFailure } from './run.js';
import type { Session } from './session.js';
import { readState } from './stream.js';

const KIND_OF: Record<string, RecordKind> = {
  events: 'event',
  audits: 'audit',
  dead_letters: 'dead_letter',
};

/** Records are handed out so many at a time. */
const BATCH = 100;
/** What all streams that are read at a time may hold of pages together. */
const PAGES_BYTES = 4 << 20;
const SMALLEST_PAGE = 8 << 10;

/** A stream as it is when listing begins. */
interface ListedStream extends StreamLocation {
  kind: RecordKind;
  /** null: there is nothing in it. */
  first: string | null;
  last: string | null;
  /** Ids never fall below it, but in a stream that was made anew. */
  lastGenerated: string;
}

/**
 * Retention is that of compaction, per stream: an entry is dated by its record, else by its id, and those that hold no
 * readable record take their place, too. Streams of several systems are listed as one, by the ids of the entries.
 */
export async function* recordsOfStreams(session: Session, request: RecordsRequest): RecordBatches {
  const { archive, wanted } = request;
  const filter = new RecordFilter(wanted);
  const streams = await streamsOf(session, filter);
  if (!streams.some(({ last }) => last !== null)) {
    request.onWarning('no entries are there: the runtime has written nothing there yet');
  }
  if (archive === undefined) yield* listed(session, streams, filter, request, NONE_KNOWN);
  else {
    const store = {
      name: session.store.prefix,
      unwrap: unwrapEntry(new Set(streams.map(({ key }) => key))),
      count: async (known: Known) => {
        let count = 0;
        const backwards = { ...request, newestFirst: true };
        for await (const records of listed(session, streams, filter, backwards, known)) {
          count += records.length;
        }
        return count;
      },
      list: (known: Known) => listed(session, streams, filter, request, known),
    };
    const { withArchives } = await import('../../log/archived-records.js');
    yield* withArchives(archive, store, request);
  }
  if (request.follow) yield* followed(session, streams, filter, request);
}

async function streamsOf(session: Session, { wanted }: RecordFilter): Promise<ListedStream[]> {
  const { places, failures } = await findStreams(session);
  if (failures[0]) throw wordedFailure(failures[0].error, session);
  const streams: ListedStream[] = [];
  for (const place of places) {
    const kind = KIND_OF[place.key.slice(place.key.lastIndexOf(':') + 1)]!;
    if (wanted.kind !== undefined && wanted.kind !== kind) continue;
    const state = await readState(session, place);
    const { first = null, last = null, lastGenerated = '0-0' } = state ?? {};
    streams.push({ ...place, kind, first, last, lastGenerated });
  }
  return streams;
}

/** An entry, and of which stream it is. */
interface Listed {
  stream: ListedStream;
  entry: Entry;
}

async function* listed(
  session: Session,
  streams: readonly ListedStream[],
  filter: RecordFilter,
  request: RecordsRequest,
  known: Known,
): RecordBatches {
  const { limit, newestFirst, rules } = request;
  const isCut = rules.max_records !== null || rules.max_total_bytes !== null;
  const starts = new Map(streams.map(({ key, first }) => [key, first]));
  if (!newestFirst && (isCut || limit !== undefined)) {
    for (const { key } of streams) starts.set(key, null);
    // What is listed is a newest part of each stream: this is where it begins.
    for await (const { stream, entry } of newest(session, streams, filter, request, known())) {
      starts.set(stream.key, entry.id);
    }
  }
  const isKnown = known();
  const all = newestFirst
    ? newest(session, streams, filter, request, isKnown)
    : oldest(session, streams, starts, filter, request, isKnown);
  let batch: StoredRecord[] = [];
  for await (const { record } of all) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

type IsKnown = ReturnType<Known>;

async function* newest(
  session: Session,
  streams: readonly ListedStream[],
  filter: RecordFilter,
  { rules, limit = Infinity }: RecordsRequest,
  isKnown: IsKnown,
): AsyncGenerator<Listed & { record: StoredRecord }> {
  const sources = streams.flatMap((stream) => {
    const { first, last } = stream;
    if (first === null || last === null) return [];
    const range = { from: last, to: first, newestFirst: true };
    return [shownBackwards(session, stream, pageOf(range, streams), rules)];
  });
  let left = limit;
  for await (const one of merged(sources, -1)) {
    const record = recordOf(one, filter);
    if (!record || isKnown(record, placeOf(one))) continue;
    yield { ...one, record };
    left -= 1;
    if (left === 0) return;
  }
}

async function* oldest(
  session: Session,
  streams: readonly ListedStream[],
  starts: ReadonlyMap<string, string | null>,
  filter: RecordFilter,
  { rules }: RecordsRequest,
  isKnown: IsKnown,
): AsyncGenerator<Listed & { record: StoredRecord }> {
  const cutoff = ageCutoff(rules);
  const sources = streams.flatMap((stream) => {
    const [from, to] = [starts.get(stream.key) ?? null, stream.last];
    if (from === null || to === null) return [];
    return [of(stream, entries(session, stream, pageOf({ from, to }, streams)))];
  });
  for await (const one of merged(sources, 1)) {
    if (timeOf(one.entry) < cutoff) continue;
    const record = recordOf(one, filter);
    if (record && !isKnown(record, placeOf(one))) yield { ...one, record };
  }
}

function pageOf(range: Range, streams: readonly unknown[]): Range {
  const share = Math.floor(PAGES_BYTES / Math.max(1, streams.length));
  return { ...range, pageBytes: Math.min(256 << 10, Math.max(SMALLEST_PAGE, share)) };
}

async function* of(stream: ListedStream, all: AsyncGenerator<Entry>): AsyncGenerator<Listed> {
  for await (const entry of all) yield { stream, entry };
}

/** What retention shows of a stream, from its end. */
async function* shownBackwards(
  session: Session,
  stream: ListedStream,
  range: Range,
  rules: RetentionRules,
): AsyncGenerator<Listed> {
  const cutoff = ageCutoff(rules);
  let records = rules.max_records ?? Infinity;
  let bytes = rules.max_total_bytes ?? Infinity;
  for await (const entry of entries(session, stream, range)) {
    if (timeOf(entry) < cutoff) continue;
    records -= 1;
    bytes -= entry.data?.length ?? 0;
    if (records < 0 || bytes < 0) return;
    yield { stream, entry };
  }
}

/** Several rows of entries as one. `way`: 1 where ids grow, -1 where they fall. */
async function* merged(
  sources: readonly AsyncGenerator<Listed>[],
  way: 1 | -1,
): AsyncGenerator<Listed> {
  try {
    const heads = await Promise.all(sources.map((source) => source.next()));
    for (;;) {
      let next = -1;
      for (const [index, head] of heads.entries()) {
        if (head.done) continue;
        const best = next === -1 ? undefined : heads[next]!;
        if (best === undefined || best.done || way * order(head.value, best.value) < 0) next = index; // prettier-ignore
      }
      if (next === -1) return;
      yield heads[next]!.value as Listed;
      heads[next] = await sources[next]!.next();
    }
  } finally {
    for (const source of sources) await source.return(undefined);
  }
}

function order(one: Listed, other: Listed): number {
  const [a, b] = [idValue(one.entry.id), idValue(other.entry.id)];
  if (a !== b) return a < b ? -1 : 1;
  return one.stream.key < other.stream.key ? -1 : 1;
}

function recordOf({ stream, entry }: Listed, filter: RecordFilter): StoredRecord | undefined {
  const { data } = entry;
  if (data === null || !filter.mayHold(data, stream.kind)) return undefined;
  const bytes = inOneLine(data);
  const { kind: lineKind, timestamp } = classify(bytes);
  if ((lineKind !== 'record' && lineKind !== 'undated') || !filter.inTime(timestamp)) return undefined; // prettier-ignore
  const kind = filter.kindOf(bytes, stream.kind);
  return kind && { kind, timestamp, bytes };
}

/** In a record a newline is white space. */
function inOneLine(data: Buffer): Buffer {
  if (!data.includes(0x0a)) return data;
  const line = Buffer.from(data);
  for (let at = line.indexOf(0x0a); at !== -1; at = line.indexOf(0x0a, at)) line[at] = 0x20;
  return line;
}

function placeOf({ stream, entry }: Listed): string {
  return `${stream.key} ${entry.id}`;
}

/** `{"key": …, "id": …, "data": …}`: what an archive has of an entry of one of these streams. */
function unwrapEntry(keys: ReadonlySet<string>): Unwrap {
  return (line) => {
    const fields = fieldsOf(line.toString('utf8'));
    const key = textOf(fields.get('key'));
    const data = textOf(fields.get('data'));
    const kind = key === undefined ? undefined : KIND_OF[key.slice(key.lastIndexOf(':') + 1)];
    if (key === undefined || data === undefined || kind === undefined || !keys.has(key)) return null; // prettier-ignore
    const bytes = inOneLine(Buffer.from(data));
    return { bytes, kind, place: `${key} ${textOf(fields.get('id')) ?? ''}` };
  };
}

const POLL_MS = 200;
/** Now and then new streams are looked for, and whether one was deleted. */
const LOOKS_EVERY = 25;

/** What is added from now on, in the order in which it is seen; of one look by the ids. */
async function* followed(
  session: Session,
  begun: readonly ListedStream[],
  filter: RecordFilter,
  { rules, signal }: RecordsRequest,
): RecordBatches {
  let streams = begun;
  const seen = new Map(begun.map(({ key, last }) => [key, last ?? '0-0']));
  for (let looks = 1; ; looks++) {
    const cutoff = ageCutoff({ ...rules, now: Date.now() / 1000 });
    const sources = streams.map((stream) =>
      of(stream, entries(session, stream, pageOf({ from: idAfter(seen.get(stream.key)!), to: '+' }, streams))),
    ); // prettier-ignore
    for await (const one of merged(sources, 1)) {
      seen.set(one.stream.key, one.entry.id);
      if (timeOf(one.entry) < cutoff) continue;
      const record = recordOf(one, filter);
      if (record) yield [record];
    }
    await sleep(POLL_MS, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      throw signal?.aborted ? interruption(signal) : error;
    });
    if (looks % LOOKS_EVERY !== 0) continue;
    streams = await streamsOf(session, filter);
    for (const { key, lastGenerated } of streams) {
      const before = seen.get(key);
      if (before === undefined || isBefore(lastGenerated, before)) seen.set(key, '0-0');
    }
  }
}

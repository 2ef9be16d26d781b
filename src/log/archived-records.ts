// Lists the records of archives in front of those of the store.
import type { RecordBatches, RecordsRequest, StoredRecord } from '../backends/listing.js';
import { interruption } from '../errors/errors.js';
import { classify, RecordFilter, type RecordKind } from '../records/record-filter.js';
import { archiveLines } from './archive-files.js';
import type { Known } from './known.js';
import { newestOf, type BatchSource } from './newest-of.js';
import { SeenRecords } from './seen-records.js';

/** How a line of an archive holds a record. */
export type Unwrap = (line: Buffer) => { bytes: Buffer; kind?: RecordKind; place?: string } | null;

/** Of a log: the line is the record. */
export const asLine: Unwrap = (bytes) => ({ bytes });

/** The store that archives are listed in front of. */
export interface ArchivedStore {
  /** What the names of its archives say. */
  name: string;
  unwrap: Unwrap;
  /** How many of its records would be listed: at most the limit. */
  count: (known: Known) => Promise<number>;
  list: (known: Known) => RecordBatches;
}

/**
 * The records of the archives, the oldest run first, then those of the store. Retention hides nothing of an archive: whoever
 * names it wants to see what has expired.
 */
export async function* withArchives(
  { directory, files: paths }: NonNullable<RecordsRequest['archive']>,
  store: ArchivedStore,
  request: RecordsRequest,
): RecordBatches {
  if (paths.length === 0) request.onWarning(`no archive of ${store.name} is in ${directory}`);
  const filter = new RecordFilter(request.wanted);
  let seen = new SeenRecords();
  const source: BatchSource = () => {
    seen = new SeenRecords();
    return recordsIn(paths, store.unwrap, filter, seen, request.signal);
  };
  const known: Known = () => {
    const look = seen.passOverStore();
    return ({ bytes }, place) => look(bytes, place);
  };
  const { limit, newestFirst } = request;
  if (limit === undefined && !newestFirst) {
    yield* source();
    yield* store.list(known);
    return;
  }
  // One pass over the archives, so that what is in both is known.
  let total = 0;
  for await (const records of source()) total += records.length;
  const room = limit === undefined ? total : Math.min(total, limit - (await store.count(known)));
  if (newestFirst) yield* store.list(known);
  if (room > 0) yield* newestOf(source, { total, limit: room, newestFirst });
  if (!newestFirst) yield* store.list(known);
}

async function* recordsIn(
  paths: readonly string[],
  unwrap: Unwrap,
  filter: RecordFilter,
  seen: SeenRecords,
  signal: AbortSignal | undefined,
): RecordBatches {
  for (const path of paths) {
    seen.nextArchive();
    for await (const lines of archiveLines(path)) {
      if (signal?.aborted) throw interruption(signal);
      const records: StoredRecord[] = [];
      for (const line of lines) {
        const record = unwrap(line);
        if (!record || !filter.mayHold(record.bytes, record.kind)) continue;
        const { kind: lineKind, timestamp } = classify(record.bytes);
        if (lineKind !== 'record' && lineKind !== 'undated') continue;
        if (!filter.inTime(timestamp)) continue;
        const kind = filter.kindOf(record.bytes, record.kind);
        if (kind === undefined || seen.take(record.bytes, record.place)) continue;
        records.push({ kind, timestamp, bytes: record.bytes });
      }
      if (records.length > 0) yield records;
    }
  }
}

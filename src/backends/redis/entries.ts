// Reads entries of a stream in pages, and tells when each was written.
import { LineScanner, type LineKind } from '../../records/scanner.js';
import { TooLarge } from './bounded.js';
import { noteBytes } from './collect.js';
import { END, idAfter, idBefore, secondsOf } from './ids.js';
import type { StreamLocation } from './nodes.js';
import type { Session } from './session.js';

export interface Entry {
  id: string;
  /** Names and values, one after the other, as they were added. */
  fields: Buffer[];
  /** The record's JSON; null: the entry has no such field. */
  data: Buffer | null;
}

/** An id, and names and values. */
export type RawEntry = [Buffer, Buffer[]];

/** A page should be read in well under a millisecond: other clients wait for it. */
export const PAGE_BYTES = 256 * 1024;
/** A larger page is given up: large entries may follow small ones. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;
/** Most entries of a page, however small those before were: the next ones may be large. */
const MAX_PAGE = 100;
/** The first page shows how large entries are. Each page may be twice as long as the one before. */
const FIRST_PAGE = 1;

export interface Range {
  /** Ids of the first and of the last entry to read. */
  from: string;
  to: string;
  newestFirst?: boolean;
  limit?: number;
  /** Where many streams are read at a time: so many bytes of each, at most, but for one entry. */
  pageBytes?: number;
}

/** The largest recent entry says how long the next page may be. With every page its size counts for half as much. */
export async function* entries(
  session: Session,
  place: StreamLocation,
  { from, to, newestFirst = false, limit = Infinity, pageBytes = PAGE_BYTES }: Range,
): AsyncGenerator<Entry> {
  let next = from;
  let left = limit;
  let size = FIRST_PAGE;
  let largest = 1;
  while (left > 0) {
    const count = Math.min(size, left);
    const page = await readPage(session, place, { from: next, to, newestFirst, count });
    if (page === 'too large') {
      size = 1;
      largest = pageBytes;
      continue;
    }
    const sizes = page.map(bytesOf);
    noteBytes(sizes.reduce((sum, size) => sum + size, 0));
    yield* page;
    // For ids below the first entry the server would search the whole stream.
    if (page.length < count) return;
    left -= count;
    largest = Math.max(largest / 2, ...sizes);
    size = Math.max(1, Math.min(MAX_PAGE, size * 2, Math.floor(pageBytes / largest)));
    const { id } = page.at(-1)!;
    next = newestFirst ? idBefore(id) : idAfter(id);
    if (next === END) return;
  }
}

/** Of the names and values of its fields. */
export function bytesOf({ fields }: Pick<Entry, 'fields'>): number {
  return fields.reduce((sum, { length }) => sum + length, 0);
}

async function readPage(
  session: Session,
  place: StreamLocation,
  {
    from,
    to,
    newestFirst,
    count,
  }: Required<Omit<Range, 'limit' | 'pageBytes'>> & { count: number },
): Promise<Entry[] | 'too large'> {
  const command = newestFirst ? 'XREVRANGE' : 'XRANGE';
  // One entry may have any size.
  const most = count === 1 ? Infinity : MAX_PAGE_BYTES;
  let page: RawEntry[];
  try {
    page = (await session.callBounded(most, place.node, command, place.key, from, to, 'COUNT', count)) as typeof page; // prettier-ignore
  } catch (error) {
    if (error instanceof TooLarge) return 'too large';
    throw error;
  }
  return page.map(entryOf);
}

/** From an answer in bytes: of XRANGE. */
export function entryOf([id, fields]: RawEntry): Entry {
  const at = dataAt(fields);
  return { id: id.toString(), fields, data: at === -1 ? null : fields[at + 1]! };
}

/** Where the name `data` is; -1: nowhere. Of two the last one counts, as in the runtime's own reads. */
export function dataAt(fields: readonly Buffer[]): number {
  return fields.findLastIndex((field, index) => index % 2 === 0 && field.equals(DATA));
}

const DATA = Buffer.from('data');
const NEWLINE = Buffer.from('\n');

let kind: LineKind = 'unreadable';
let timestamp = NaN;
const scanner = new LineScanner((lineKind, _start, _end, time) => {
  kind = lineKind;
  timestamp = time;
});

/** What the record of an entry is, and its own timestamp, in seconds since 1970; NaN: it has none. */
export function recordOf({ data }: Pick<Entry, 'data'>): { kind: LineKind; timestamp: number } {
  if (data === null) return { kind: 'unreadable', timestamp: NaN };
  // A newline would end the record for the scanner. A carriage return is allowed in the same places of a record.
  scanner.push(
    data.includes(0x0a) ? Buffer.from(data).map((byte) => (byte === 0x0a ? 0x0d : byte)) : data,
  );
  scanner.push(NEWLINE);
  return { kind, timestamp };
}

/** The record's own timestamp, in seconds since 1970; undefined where it has none that can be read. */
export function timestampOf(entry: Pick<Entry, 'data'>): number | undefined {
  const record = recordOf(entry);
  return record.kind === 'record' ? record.timestamp : undefined;
}

/** The time of the record; where it has none, that of the id. */
export function timeOf(entry: Pick<Entry, 'id' | 'data'>): number {
  return timestampOf(entry) ?? secondsOf(entry.id);
}

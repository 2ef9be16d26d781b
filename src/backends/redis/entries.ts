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

/** A page should be read in well under a millisecond: other clients wait for it. */
const PAGE_BYTES = 256 * 1024;
/** Where large entries follow small ones, a page is given up when it has become as large as that. */
const MAX_PAGE_BYTES = 2 * 1024 * 1024;
/** Entries of a page, however small those before were: the next ones may be large. */
const MAX_PAGE = 100;
/** The first page shows how large entries are. Each page may be twice as long as the one before. */
const FIRST_PAGE = 1;

export interface Range {
  /** Where reading begins, and where it ends; both belong to it. */
  from: string;
  to: string;
  newestFirst?: boolean;
  limit?: number;
  /** Where many streams are read at a time: so many bytes of each, at most, but for one entry. */
  pageBytes?: number;
}

/**
 * Reads entries in pages, each as long as the largest entry of late allows: one that was large is half forgotten with
 * every page.
 */
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
    // Below the first entry the server would search the whole stream.
    if (page.length < count) return;
    left -= count;
    largest = Math.max(largest / 2, ...sizes);
    size = Math.max(1, Math.min(MAX_PAGE, size * 2, Math.floor(pageBytes / largest)));
    const { id } = page.at(-1)!;
    next = newestFirst ? idBefore(id) : idAfter(id);
    if (next === END) return;
  }
}

function bytesOf({ fields }: Entry): number {
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
  let page: [Buffer, Buffer[]][];
  try {
    page = (await session.callBounded(most, place.node, command, place.key, from, to, 'COUNT', count)) as typeof page; // prettier-ignore
  } catch (error) {
    if (error instanceof TooLarge) return 'too large';
    throw error;
  }
  return page.map(([id, fields]) => {
    // Of two the last one counts, as in the runtime's own reads.
    const at = fields.findLastIndex((field, index) => index % 2 === 0 && field.equals(DATA));
    return { id: id.toString(), fields, data: at === -1 ? null : fields[at + 1]! };
  });
}

const DATA = Buffer.from('data');
const NEWLINE = Buffer.from('\n');

let kind: LineKind = 'unreadable';
let timestamp = NaN;
const scanner = new LineScanner((lineKind, _start, _end, time) => {
  kind = lineKind;
  timestamp = time;
});

/** The record's own timestamp, in seconds since 1970; undefined where it has none that can be read. */
export function timestampOf({ data }: Pick<Entry, 'data'>): number | undefined {
  if (data === null) return undefined;
  // For the scanner a newline ends the record; in a record both are white space, or both forbidden.
  scanner.push(
    data.includes(0x0a) ? Buffer.from(data).map((byte) => (byte === 0x0a ? 0x0d : byte)) : data,
  );
  scanner.push(NEWLINE);
  return kind === 'record' ? timestamp : undefined;
}

/** An entry always has a time: where the record has none, that of its id. */
export function timeOf(entry: Pick<Entry, 'id' | 'data'>): number {
  return timestampOf(entry) ?? secondsOf(entry.id);
}

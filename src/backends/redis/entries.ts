import { LineScanner, type LineKind } from '../../records/scanner.js';
import { secondsOf } from './ids.js';
import type { Session } from './session.js';

export interface Entry {
  id: string;
  /** The record's JSON; null: the entry has no such field. */
  data: Buffer | null;
}

/** A page should be read in well under a millisecond: other clients wait for it. */
const PAGE_BYTES = 256 * 1024;
const MAX_PAGE = 1000;
const FIRST_PAGE = 20;

/**
 * Reads entries in pages, oldest or newest first, each as large as those before allow. Both ids belong to
 * the range; `from` is where reading begins.
 */
export async function* entries(
  session: Session,
  key: string,
  range: { from: string; to: string; newestFirst?: boolean; limit?: number },
): AsyncGenerator<Entry> {
  const { to, newestFirst = false, limit = Infinity } = range;
  let { from } = range;
  let left = limit;
  let size = FIRST_PAGE;
  let bytes = 0;
  let seen = 0;
  for (;;) {
    const page = await readPage(session, key, { from, to, newestFirst, count: Math.min(size, left) }); // prettier-ignore
    yield* page;
    seen += page.length;
    left -= page.length;
    // Below the first entry the server would search the whole stream.
    if (page.length < size || left <= 0) return;
    bytes += page.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    const fits = Math.floor(PAGE_BYTES / Math.max(1, bytes / seen));
    size = Math.max(1, Math.min(MAX_PAGE, fits, size * 4));
    from = `(${page.at(-1)!.id}`;
  }
}

async function readPage(
  session: Session,
  key: string,
  {
    from,
    to,
    newestFirst,
    count,
  }: { from: string; to: string; newestFirst: boolean; count: number },
): Promise<Entry[]> {
  const command = newestFirst ? 'XREVRANGE' : 'XRANGE';
  const page = (await session.callBuffers(command, key, from, to, 'COUNT', count)) as [
    Buffer,
    Buffer[],
  ][];
  return page.map(([id, fields]) => {
    const at = fields.findIndex((field, index) => index % 2 === 0 && field.equals(DATA));
    return { id: id.toString(), data: at === -1 ? null : fields[at + 1]! };
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
export function timestampOf({ data }: Entry): number | undefined {
  if (data === null) return undefined;
  // For the scanner a newline ends the record; in a record both are white space, or both forbidden.
  scanner.push(data.includes(0x0a) ? Buffer.from(data).map((byte) => (byte === 0x0a ? 0x0d : byte)) : data); // prettier-ignore
  scanner.push(NEWLINE);
  return kind === 'record' ? timestamp : undefined;
}

/** An entry always has a time: where the record has none, that of its id. */
export function timeOf(entry: Entry): number {
  return timestampOf(entry) ?? secondsOf(entry.id);
}

// Lists the records of files that retention has not hidden, as the runtime would.
import { SteadyFile } from '../files/steady-file.js';
import type { OpenFile } from '../files/read.js';
import { classify, type LineStatusOf, type RecordFilter } from '../records/record-filter.js';
import { ageCutoff, lineStatus, type RetentionRules } from '../retention/policy.js';
import type { Sums } from '../records/sums.js';
import type { RecordBatches, StoredRecord } from '../backends/listing.js';
import { linesBackwards, linesForward, type FileLine } from './lines-of.js';

/** A file of a store, and the part of it that counts. */
export interface ListedFile {
  steady: SteadyFile;
  /** Behind the fillers at its start. */
  from: number;
  /** Behind its last line. */
  to: number;
  /** What an index knows of it; in order. */
  known?: readonly Sums[];
}

export interface ListRequest {
  filter: RecordFilter;
  rules: RetentionRules;
  limit?: number | undefined;
  newestFirst: boolean;
  /** For each pass over the records anew: whether one has been listed before, from an archive. */
  known: () => (record: StoredRecord) => boolean;
  /** Called after each block: may stop the work, or hold it up. */
  pause: (bytes: number) => Promise<void> | undefined;
  onWarning: (warning: string) => void;
}

/** A file to be listed, open. */
export function listedFile(file: OpenFile, from: number, to: number): ListedFile {
  return { steady: new SteadyFile(file, to), from, to };
}

/**
 * The records of files, the oldest file first, that retention shows and the filter wants.
 *
 * Retention shows the newest part of the live lines, of all kinds: going back from the end, their number and bytes say where
 * it begins, and no more is read than that takes. An age limit hides lines one by one. For the newest first that one way is
 * all; for the oldest first it finds the place where listing begins, and a second one, forwards, lists.
 */
export async function* listRecords(
  files: readonly ListedFile[],
  request: ListRequest,
): RecordBatches {
  if (request.newestFirst) {
    for await (const { records } of backwards(files, request)) yield records.reverse();
    return;
  }
  yield* forwards(files, await beginning(files, request), request);
}

/** A place in a row of files. */
interface Place {
  index: number;
  offset: number;
}

/** Where the oldest record begins that is listed. */
async function beginning(files: readonly ListedFile[], request: ListRequest): Promise<Place> {
  const start = { index: 0, offset: files[0]?.from ?? 0 };
  const { limit, rules } = request;
  if (limit === undefined && !isCut(rules)) return start;
  let place: Place = { index: files.length, offset: 0 };
  const counting = limit === undefined ? { ...request, filter: null } : request;
  for await (const { oldest } of backwards(files, counting)) place = oldest;
  return place;
}

/** How many records would be listed. */
export async function countRecords(
  files: readonly ListedFile[],
  request: ListRequest,
): Promise<number> {
  let count = 0;
  for await (const { records } of backwards(files, request)) count += records.length;
  return count;
}

function isCut({ max_records, max_total_bytes }: RetentionRules): boolean {
  return max_records !== null || max_total_bytes !== null;
}

interface Found {
  /** In the order of the file. */
  records: StoredRecord[];
  /** Where the oldest of them begins, or with no filter the oldest line that retention shows. */
  oldest: Place;
}

/** From the newest back to where the limit or retention ends it. */
async function* backwards(
  files: readonly ListedFile[],
  request: Omit<ListRequest, 'filter'> & { filter: RecordFilter | null },
): AsyncGenerator<Found> {
  const { filter, rules, pause } = request;
  const isKnown = request.known();
  const room = { records: rules.max_records ?? Infinity, bytes: rules.max_total_bytes ?? Infinity };
  const counts = isCut(rules);
  let left = request.limit ?? Infinity;
  for (let index = files.length - 1; index >= 0; index--) {
    for (const { file, from, to } of parts(files[index]!, request).reverse()) {
      for (const lines of linesBackwards(file.steady, from, to)) {
        const records: StoredRecord[] = [];
        let oldest: Place | undefined;
        let over = false;
        for (let at = lines.length - 1; at >= 0 && !over; at--) {
          const line = lines[at]!;
          if (!counts && filter && !mayBeShown(line, filter)) continue;
          const status = statusOf(line);
          if (lineStatus(status.kind, status.timestamp, rules) !== 'live') continue;
          room.records -= 1;
          room.bytes -= line.end - line.start;
          if (room.records < 0 || room.bytes < 0) {
            over = true;
            break;
          }
          if (!filter) oldest = { index, offset: line.start };
          const record = filter && recordOf(line, status, filter, request);
          if (!record || isKnown(record)) continue;
          records.push(record);
          oldest = { index, offset: line.start };
          left -= 1;
          over = left === 0;
        }
        if (oldest) yield { records: records.reverse(), oldest };
        if (over) return;
        await pause(sizeOf(lines));
      }
    }
  }
}

async function* forwards(
  files: readonly ListedFile[],
  start: Place,
  request: ListRequest,
): RecordBatches {
  const { filter, rules, pause } = request;
  const isKnown = request.known();
  for (let index = start.index; index < files.length; index++) {
    const begun = index === start.index ? start.offset : files[index]!.from;
    for (const { file, from, to } of parts(files[index]!, request)) {
      if (to <= begun) continue;
      for (const lines of linesForward(file.steady, Math.max(begun, from), to)) {
        const records = shownOf(lines, { filter, rules, onWarning: request.onWarning });
        const news = records.filter((record) => !isKnown(record));
        if (news.length > 0) yield news;
        await pause(sizeOf(lines));
      }
    }
  }
}

/** The records among some lines that the filter wants and an age limit does not hide. */
export function shownOf(
  lines: readonly FileLine[],
  { filter, rules, onWarning }: Pick<ListRequest, 'filter' | 'rules' | 'onWarning'>,
): StoredRecord[] {
  const records: StoredRecord[] = [];
  for (const line of lines) {
    if (!mayBeShown(line, filter)) continue;
    const status = statusOf(line);
    if (lineStatus(status.kind, status.timestamp, rules) !== 'live') continue;
    const record = recordOf(line, status, filter, { onWarning });
    if (record) records.push(record);
  }
  return records;
}

function sizeOf(lines: readonly FileLine[]): number {
  return lines.at(-1)!.end - lines[0]!.start;
}

interface FilePart {
  file: ListedFile;
  from: number;
  to: number;
}

/**
 * What of a file has to be read: where the index says that nothing in a block is in the time that is asked for, or that all
 * of it has expired by age, it is passed over. Not where count or size cut: there every line counts.
 */
function parts(
  file: ListedFile,
  { filter, rules }: Pick<ListRequest, 'rules'> & { filter: RecordFilter | null },
): FilePart[] {
  const { from, to, known = [] } = file;
  const since = Math.max(filter?.wanted.since ?? -Infinity, ageCutoff(rules));
  const until = filter?.wanted.until ?? Infinity;
  if (isCut(rules) || (since === -Infinity && until === Infinity)) return [{ file, from, to }];
  const found: FilePart[] = [];
  let at = from;
  for (const block of known) {
    // Its times are rounded down; what has no time is in no range.
    const isOut = !(block.newest + 1 > since) || !(block.oldest <= until);
    if (!isOut || block.start < at || block.end > to) continue;
    if (block.start > at) found.push({ file, from: at, to: block.start });
    at = block.end;
  }
  if (at < to) found.push({ file, from: at, to });
  return found;
}

function mayBeShown({ bytes }: FileLine, filter: RecordFilter): boolean {
  return bytes === null || filter.mayHold(bytes);
}

function statusOf({ bytes, long }: FileLine): LineStatusOf {
  return bytes === null ? long! : classify(bytes);
}

function recordOf(
  { bytes, start, end }: FileLine,
  { kind: lineKind, timestamp }: LineStatusOf,
  filter: RecordFilter,
  { onWarning }: Pick<ListRequest, 'onWarning'>,
): StoredRecord | undefined {
  if (lineKind !== 'record' && lineKind !== 'undated') return undefined;
  if (!filter.inTime(timestamp)) return undefined;
  if (bytes === null) {
    onWarning(`the line at byte ${start} is not shown: it is too long (${end - start} bytes)`);
    return undefined;
  }
  const kind = filter.kindOf(bytes);
  return kind && { kind, timestamp, bytes };
}

// Reads stretches of a log and hands out each readable record, with the sums of all lines.
import { chunks, truncated, type OpenFile, type Tick } from '../files/read.js';
import { FieldReader } from '../records/fields.js';
import type { LineReader } from '../records/line-reader.js';
import type { Category } from '../records/kernel/kernel.js';
import type { Sums } from '../records/sums.js';

const READABLE: readonly Category[] = ['live', 'expired', 'undated'];
const NEWLINE = 0x0a;
/** A line that is longer than the window of the reader is read a second time, in pieces. */
const PIECE_BYTES = 1 << 18;

export interface RecordTask {
  file: OpenFile;
  /** A line begins at `from`. */
  from: number;
  to: number;
  reader: LineReader;
  /** Its end also ends its last line. */
  ended: boolean;
  tick: Tick;
  onSums: (sums: Sums) => void;
  /** `bytes`: of the line with its newline. */
  onRecord: (record: FieldReader, bytes: number) => void;
}

/** Reads whole lines. What the kernel says is no record is not looked into. */
export async function readRecords(task: RecordTask): Promise<void> {
  const { file, from, to, reader, ended, tick, onSums } = task;
  const record = new FieldReader();
  const long: Sums[] = [];
  const take = (sums: Sums): void => {
    onSums(sums);
    if (sums.longest > reader.window.length) long.push(sums);
    else eachRecord(reader.gathered(), record, task);
  };
  reader.startAt(from, { categories: READABLE, counting: [], skip: 0 });
  let at = from;
  for await (const chunk of chunks(file, from, to, tick, reader.window)) {
    at += chunk.length;
    reader.take(chunk.length, take);
    for (const sums of long.splice(0)) await readLong(sums, record, task);
  }
  if (at < to) throw truncated(file.path);
  if (!ended) return;
  // The newline is not there, and takes no place.
  reader.finish((sums) => {
    onSums(sums);
    if (sums.longest > reader.window.length) long.push(sums);
    else eachRecord(reader.gathered(), record, task, 1);
  });
  for (const sums of long) await readLong(sums, record, task);
}

function eachRecord(
  lines: Buffer,
  record: FieldReader,
  { onRecord }: RecordTask,
  missing = 0,
): void {
  for (let at = 0; at < lines.length;) {
    const end = lines.indexOf(NEWLINE, at);
    record.begin();
    record.push(lines, at, end);
    onRecord(record, end + 1 - at - missing);
    at = end + 1;
  }
}

async function readLong(
  { start, end, lines }: Sums,
  record: FieldReader,
  { file, tick, onRecord }: RecordTask,
): Promise<void> {
  if (READABLE.every((category) => lines[category] === 0)) return;
  record.begin();
  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let other = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = start; at < end;) {
    // The last piece must stay as it is while the next one is read: it is asked for its values.
    [piece, other] = [other, piece];
    let taken = 0;
    for await (const chunk of chunks(file, at, Math.min(end, at + PIECE_BYTES), tick, piece)) {
      record.push(piece, 0, chunk.length);
      taken = chunk.length;
      break;
    }
    if (taken === 0) throw truncated(file.path);
    at += taken;
  }
  onRecord(record, end - start);
}

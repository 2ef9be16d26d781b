// Tells which lines of a file several runs have archived that were about to remove its head in place.
//
// Lines are told apart by where they were in the file: bytes from the start of the first archived head on. A run that
// ended took its head away, so the next archive goes on where its own ends. One that was killed left the head there, so
// the next archive begins where its own does. What it had overwritten is not in that archive, but fillers are, and they
// take as many bytes. So each line is taken from the first archive that has it, and all are in the order of the file.
import { leadingFiller } from '../files/filler.js';
import { pieces } from './lines.js';

/** What one archive has of the file. */
export interface Stretch {
  /** In the file. */
  start: number;
  head: FileHead;
}

/** What is known of one file while its archives are read, the oldest first. */
export interface FileHead {
  /** Lines before it were taken. */
  taken: number;
  /** From there on lines are still in the file, but those that are fillers now. */
  stays?: { from: number; fillers: [start: number, end: number][] };
}

/** Whether a line is taken; it is remembered then. Asked for all lines of a file, in order. */
export function takesLine({ head }: Stretch, at: number, line: Buffer): boolean {
  if (at < head.taken || isFiller(line)) return false;
  const { stays } = head;
  const wasOverwritten = stays?.fillers.some(([start, end]) => at >= start && at < end);
  if (stays && at >= stays.from && !wasOverwritten) return false;
  head.taken = at + line.length;
  return true;
}

/** `end`: so far archives go; `start`: where the file begins now. */
export async function whatStays(
  bytes: AsyncIterable<Buffer>,
  start: number,
  end: number,
): Promise<FileHead['stays']> {
  const fillers: [number, number][] = [];
  let at = start;
  for await (const list of pieces(bytes)) {
    for (const piece of list) {
      // Archives leave out blank lines.
      if (piece.begins && piece.ends && isBlank(piece.bytes)) continue;
      if (isFiller(piece.bytes)) fillers.push([at, at + piece.bytes.length]);
      at += piece.bytes.length;
    }
    if (at >= end) break;
  }
  return { from: start, fillers };
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

const FILLER_BEGIN = Buffer.from('{"kind":"compaction","timestamp":0,"nonce":"');

/** `line`: with its newline. */
export function isFiller(line: Buffer): boolean {
  const begins = line.subarray(0, FILLER_BEGIN.length).equals(FILLER_BEGIN);
  return begins && leadingFiller(line.toString('latin1'))?.bytes === line.length;
}

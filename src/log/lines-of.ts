// Hands out the lines of a file block by block, forwards or from the end, in bounded memory.
import type { SteadyFile, Piece } from '../files/steady-file.js';
import { LineScanner, type LineKind } from '../records/scanner.js';

/** A line of a file. */
export interface FileLine {
  start: number;
  /** Behind its newline; or the end of the file, which ends its last line. */
  end: number;
  /** Without its newline, valid until the next block is asked for. null: it is too long to be held. */
  bytes: Buffer | null;
  /** Of one that is too long: what it is. */
  long?: { kind: LineKind; timestamp: number };
}

/** The first block read from the end is small: it often is enough. */
const FIRST_BYTES = 1 << 16;
const BLOCK_BYTES = 1 << 18;
/** A longer line is not held in memory. */
export const LONGEST_LINE = 8 << 20;

const NEWLINE = 0x0a;

/** The lines of `[from, to)`, oldest first. Where `to` is no end of a line, it ends the last one all the same. */
export function* linesForward(file: SteadyFile, from: number, to: number): Generator<FileLine[]> {
  let buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  for (let at = from; at < to;) {
    const piece = file.read(at, Math.min(to, at + buffer.length), buffer);
    const reached = piece.start + piece.bytes.length;
    const last = reached === to ? piece.bytes.length : piece.bytes.lastIndexOf(NEWLINE) + 1;
    if (last > 0) {
      yield split(piece, 0, last);
      at = piece.start + last;
    } else if (buffer.length < LONGEST_LINE) {
      buffer = Buffer.allocUnsafe(Math.min(LONGEST_LINE, buffer.length * 4));
      at = piece.start;
    } else {
      const end = lineEndBehind(file, piece.start, to, buffer);
      yield [longLine(file, piece.start, end, buffer)];
      at = end;
    }
  }
}

/** The same blocks from the end: the newest block first, in it the oldest line first. */
export function* linesBackwards(file: SteadyFile, from: number, to: number): Generator<FileLine[]> {
  let buffer = Buffer.allocUnsafe(FIRST_BYTES);
  for (let end = to; end > from;) {
    const wanted = Math.max(from, end - buffer.length);
    const piece = file.read(wanted, end, buffer);
    // All that was there has been removed meanwhile.
    if (piece.bytes.length === 0) return;
    const isWhole = piece.start === from || piece.start > wanted;
    const first = isWhole ? 0 : piece.bytes.subarray(0, -1).indexOf(NEWLINE) + 1;
    if (isWhole || first > 0) {
      yield split(piece, first, piece.bytes.length);
      end = piece.start + first;
      if (buffer.length < BLOCK_BYTES) buffer = Buffer.allocUnsafe(BLOCK_BYTES);
      if (piece.start > wanted) return;
    } else if (buffer.length < LONGEST_LINE) {
      buffer = Buffer.allocUnsafe(Math.min(LONGEST_LINE, buffer.length * 4));
    } else {
      const start = lineStartBefore(file, from, piece.start, buffer);
      yield [longLine(file, start, end, buffer)];
      end = start;
    }
  }
}

function split({ start, bytes }: Piece, from: number, to: number): FileLine[] {
  const lines: FileLine[] = [];
  for (let at = from; at < to;) {
    const newline = bytes.indexOf(NEWLINE, at);
    const isLast = newline === -1 || newline >= to;
    const end = isLast ? to : newline + 1;
    lines.push({
      start: start + at,
      end: start + end,
      bytes: bytes.subarray(at, isLast ? to : newline),
    });
    at = end;
  }
  return lines;
}

/** Only what it is gets known, in passing. */
function longLine(file: SteadyFile, start: number, end: number, buffer: Buffer): FileLine {
  let long: FileLine['long'];
  const scanner = new LineScanner((kind, _start, _end, timestamp) => {
    long ??= { kind, timestamp };
  });
  for (let at = start; at < end;) {
    const { start: from, bytes } = file.read(at, Math.min(end, at + buffer.length), buffer);
    scanner.push(bytes);
    at = from + bytes.length;
  }
  scanner.push(Buffer.from('\n'));
  return { start, end, bytes: null, long: long ?? { kind: 'unreadable', timestamp: NaN } };
}

function lineEndBehind(file: SteadyFile, from: number, to: number, buffer: Buffer): number {
  for (let at = from; at < to;) {
    const { start, bytes } = file.read(at, Math.min(to, at + buffer.length), buffer);
    const newline = bytes.indexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
    at = start + bytes.length;
  }
  return to;
}

function lineStartBefore(file: SteadyFile, from: number, to: number, buffer: Buffer): number {
  for (let end = to; end > from;) {
    const wanted = Math.max(from, end - buffer.length);
    const { start, bytes } = file.read(wanted, end, buffer);
    const newline = bytes.lastIndexOf(NEWLINE);
    if (newline !== -1) return start + newline + 1;
    // What was before it has been removed meanwhile.
    if (start > wanted) return start;
    end = start;
  }
  return from;
}

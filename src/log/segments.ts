// Cuts a log into segments that two threads can read independently.
import { readSync } from 'node:fs';
import type { OpenFile } from '../files/read.js';
import { attempt } from '../errors/system-error.js';

/** Small enough that two threads that share a log end within milliseconds of each other. */
export const SEGMENT_BYTES = 1 << 23;
const LOOK_BYTES = 1 << 16;
const NEWLINE = 0x0a;

/** Segment `index` of `[from, to)`: the lines that begin in it, so that no line is in two segments. */
export function segment(file: OpenFile, from: number, to: number, index: number) {
  const start = from + index * SEGMENT_BYTES;
  const end = Math.min(start + SEGMENT_BYTES, to);
  const first = index === 0 ? from : lineAtOrBehind(file, start, end);
  // No line begins here: return early, so that the end of a long line is not searched by each segment.
  if (first === end) return { from: end, to: end };
  return { from: first, to: lineAtOrBehind(file, end, to) };
}

export function segmentsIn(from: number, to: number): number {
  return Math.ceil((to - from) / SEGMENT_BYTES);
}

/** Where the first line begins at or behind a byte; `to` when none does. Looks at so many bytes at a time. */
export function lineAtOrBehind(
  file: OpenFile,
  position: number,
  to: number,
  step = LOOK_BYTES,
): number {
  const buffer = Buffer.allocUnsafe(step);
  for (let at = position - 1; at < to;) {
    const from = at;
    const read = attempt('read', file.path, () =>
      readSync(file.fd, buffer, 0, Math.min(step, to - from), from),
    );
    if (read === 0) break;
    const newline = buffer.subarray(0, read).indexOf(NEWLINE);
    if (newline !== -1) return at + newline + 1;
    at += read;
  }
  return to;
}

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
  const newline = findNewline(file, position - 1, to, step);
  return newline === undefined ? to : newline + 1;
}

/** The first newline in `[from, to)`; undefined: there is none. */
export function findNewline(
  file: OpenFile,
  from: number,
  to: number,
  step = LOOK_BYTES,
): number | undefined {
  const buffer = Buffer.allocUnsafe(step);
  for (let at = from; at < to;) {
    const position = at;
    const read = attempt('read', file.path, () =>
      readSync(file.fd, buffer, 0, Math.min(step, to - position), position),
    );
    if (read === 0) return undefined;
    const newline = buffer.subarray(0, read).indexOf(NEWLINE);
    if (newline !== -1) return at + newline;
    at += read;
  }
  return undefined;
}

// Shows the beginning of a line that may hold anything: at most 80 characters, control characters escaped.
import { isUtf8 } from 'node:buffer';
import { readSync } from 'node:fs';
import { attempt } from '../errors/system-error.js';
import type { OpenFile } from '../files/read.js';
import type { AnomalyKind } from '../report/anomalies.js';
import { printable } from '../text/printable.js';

const EXCERPT_CHARS = 80;
/** So much of a line is looked at to say what is wrong with it. */
const LOOK_BYTES = 1 << 16;

/** The beginning of `[start, end)`, and what is wrong there, in a few words. */
export function describe(
  file: OpenFile,
  { start, end }: { start: number; end: number },
  kind: AnomalyKind = 'CORRUPTED_LINE',
): { excerpt: string; detail: string } {
  const buffer = Buffer.alloc(Math.min(end - start, LOOK_BYTES));
  const read = attempt('read', file.path, () => readSync(file.fd, buffer, 0, buffer.length, start));
  const line = buffer.subarray(0, read);
  const detail = kind === 'TRUNCATED_LINE' ? 'the end of the line is missing' : faultOf(line);
  return { excerpt: excerptOf(line), detail };
}

/** At most 80 printable characters. What is not UTF-8 is shown byte by byte. */
export function excerptOf(line: Buffer): string {
  const bytes = line.subarray(0, line.at(-1) === 0x0a ? -1 : undefined);
  const head = bytes.subarray(0, 4 * EXCERPT_CHARS);
  const text = printable(isUtf8(bytes) ? head.toString() : head.toString('latin1'));
  return text.length > EXCERPT_CHARS ? `${text.slice(0, EXCERPT_CHARS - 1)}…` : text;
}

/** What is wrong with a line that is not a JSON object. */
export function faultOf(line: Buffer): string {
  if (line.includes(0)) return 'has NUL bytes';
  // A look that ends in the middle of a character is no fault of the line.
  const isWhole = line.length < LOOK_BYTES;
  if (isWhole && !isUtf8(line)) return 'is not UTF-8';
  return 'is not a JSON object';
}

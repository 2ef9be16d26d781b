import { PapyraError } from '../errors/errors.js';

/**
 * A line that fills bytes which cannot be removed: valid JSON, dated 1970, that the runtime's reads
 * ignore. It carries the nonce of its run.
 */
const HEAD = '{"kind":"compaction","timestamp":0,"nonce":"';
const PAD = '","pad":"';
const END = '"}\n';
/** Characters of a nonce: digits and small letters. */
export const NONCE_CHARS = 10;
const NONCE = /^[0-9a-z]{10}$/;

const FILLER = /^\{"kind":"compaction","timestamp":0,"nonce":"([0-9a-z]{10})","pad":" *"\}\n/;

/** Bytes of the shortest filler. */
export const FILLER_BYTES = HEAD.length + NONCE_CHARS + PAD.length + END.length;

/** A filler of exactly so many bytes. */
function filler(nonce: string, bytes: number): string {
  if (!NONCE.test(nonce) || bytes < FILLER_BYTES) {
    throw new PapyraError('internal', `no filler of ${bytes} bytes with the nonce '${nonce}'`);
  }
  return `${HEAD}${nonce}${PAD}${' '.repeat(bytes - FILLER_BYTES)}${END}`;
}

/** A line of the head can have gigabytes: no filler is longer than this. */
const LONGEST_FILLER = 1 << 16;
/** So much is made at a time. */
const PIECE_BYTES = 1 << 20;

/** Fillers of exactly so many bytes in all, as pieces of about a megabyte. */
export function* fillers(nonce: string, bytes: number): Generator<Buffer> {
  let lines: string[] = [];
  let pending = 0;
  for (let left = bytes; left > 0;) {
    // What is left must be enough for another one.
    const length = left <= LONGEST_FILLER ? left : Math.min(LONGEST_FILLER, left - FILLER_BYTES);
    lines.push(filler(nonce, length));
    left -= length;
    pending += length;
    if (pending < PIECE_BYTES && left > 0) continue;
    yield Buffer.from(lines.join(''));
    lines = [];
    pending = 0;
  }
}

/** One filler: what is behind the collapse, which stays. */
export function oneFiller(nonce: string, bytes: number): Buffer {
  return Buffer.from(filler(nonce, bytes));
}

/** Whether a log begins with one, as far as its first bytes tell. */
export const FILLER_START = Buffer.from(HEAD);

/** The first filler of a text that begins with one. */
export function leadingFiller(text: string): { nonce: string; bytes: number } | undefined {
  const match = FILLER.exec(text);
  return match ? { nonce: match[1]!, bytes: match[0].length } : undefined;
}

/** How many bytes at the very start of a log are fillers: two lines at most. */
export function fillerBytes(head: Uint8Array): number {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const first = leadingFiller(text)?.bytes ?? 0;
  return first === 0 ? 0 : first + (leadingFiller(text.slice(first))?.bytes ?? 0);
}

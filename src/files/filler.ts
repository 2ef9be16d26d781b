// Makes and recognises fillers: lines that fill the bytes of an expired head that cannot be removed.
import { PapyraError } from '../errors/errors.js';

/** A filler is valid JSON, dated 1970, which the runtime ignores. It carries the nonce of its run. */
const HEAD = '{"kind":"compaction","timestamp":0,"nonce":"';
const PAD = '","pad":"';
const END = '"}\n';
/** Length of a nonce, which is made of digits and small letters. */
export const NONCE_CHARS = 10;
const NONCE = /^[0-9a-z]{10}$/;

const FILLER = /^\{"kind":"compaction","timestamp":0,"nonce":"([0-9a-z]{10})","pad":" *"\}\n/;

/** Bytes of the shortest filler. */
export const FILLER_BYTES = HEAD.length + NONCE_CHARS + PAD.length + END.length;

function filler(nonce: string, bytes: number): string {
  if (!NONCE.test(nonce) || bytes < FILLER_BYTES) {
    throw new PapyraError('internal', `no filler of ${bytes} bytes with the nonce '${nonce}'`);
  }
  return `${HEAD}${nonce}${PAD}${' '.repeat(bytes - FILLER_BYTES)}${END}`;
}

/** No filler is longer than this, though a line of the head may have gigabytes. */
const LONGEST_FILLER = 1 << 16;
/** `fillers` makes pieces of about this size. */
const PIECE_BYTES = 1 << 20;

/** Fillers of exactly so many bytes in all, in pieces. */
export function* fillers(nonce: string, bytes: number): Generator<Buffer> {
  let lines: string[] = [];
  let pending = 0;
  for (let left = bytes; left > 0;) {
    // What is left must be enough for another filler.
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

export function oneFiller(nonce: string, bytes: number): Buffer {
  return Buffer.from(filler(nonce, bytes));
}

/** A log whose first bytes are these probably begins with a filler. */
export const FILLER_START = Buffer.from(HEAD);

/** The filler with which a text begins; undefined: it begins with something else. */
export function leadingFiller(text: string): { nonce: string; bytes: number } | undefined {
  const match = FILLER.exec(text);
  return match ? { nonce: match[1]!, bytes: match[0].length } : undefined;
}

/** How many bytes at the start of a log are fillers: those of two lines at most. */
export function fillerBytes(head: Uint8Array): number {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  const first = leadingFiller(text)?.bytes ?? 0;
  return first === 0 ? 0 : first + (leadingFiller(text.slice(first))?.bytes ?? 0);
}

import { BLOCK } from './file-system.js';
import { END, isRecord, linesIn } from './lines.js';
import type { Intent } from './in-place-world.js';

/** A mark, the nonce and the line's end. */
const SHORTEST = 3;

/** Where to cut: the whole blocks of the expired head, less the room that the fillers need. */
export function planCut(text: string, expired: string): Pick<Intent, 'a' | 's' | 'k'> | undefined {
  const starts: number[] = [];
  let k = 0;
  for (const line of linesIn(text)) {
    const record = isRecord(line) && expired.includes(line.slice(0, 1));
    if (!record && !isFiller(line) && !isBlank(line)) break;
    starts.push(k);
    k += line.length + END.length;
  }
  for (let a = k - (k % BLOCK); a > 0; a -= BLOCK) {
    const s = starts.findLast((start) => a - start >= SHORTEST);
    if (k - a >= SHORTEST && s !== undefined && a < text.length) return { a, s, k };
  }
  return undefined;
}

export function fillersOf({ a, s, k, nonce }: Intent): string {
  return filler('<', nonce, a - s) + filler('[', nonce, k - a);
}

/** Filler 2 at the start of the file says that the collapse has happened. */
export function startsWithFiller2(text: string, intent: Intent, anyNonce: boolean): boolean {
  if (anyNonce) return text.startsWith('[');
  return text.startsWith(filler('[', intent.nonce, intent.k - intent.a));
}

export function isFiller(line: string): boolean {
  return /^[<[][1-9]_*$/.test(line);
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}

function filler(mark: string, nonce: number, length: number): string {
  return `${mark}${String(nonce)}`.padEnd(length - END.length, '_') + END;
}

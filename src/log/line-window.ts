// Remembers the last lines that were read of a file, to find the place behind them in another one.
import { crc32 } from 'node:zlib';
import type { SteadyFile } from '../files/steady-file.js';
import { linesBackwards, type FileLine } from './lines-of.js';

/** So many bytes of lines are remembered: more than writers can append in the moment of a replacement. */
const WINDOW_BYTES = 1 << 20;

/** What a line is known by: 53 bits of its bytes. undefined: nobody's line, blank or too long. */
export function keyOf({ bytes }: Pick<FileLine, 'bytes'>): number | undefined {
  if (bytes === null || isBlank(bytes)) return undefined;
  return crc32(bytes) * 2 ** 21 + (crc32(bytes.subarray(bytes.length >> 1)) % 2 ** 21);
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

export class LineWindow {
  #lines: { key: number; bytes: number }[] = [];
  #first = 0;
  #bytes = 0;

  push(key: number, bytes: number): void {
    this.#lines.push({ key, bytes });
    this.#bytes += bytes;
    while (this.#bytes > WINDOW_BYTES && this.#first < this.#lines.length - 1) {
      this.#bytes -= this.#lines[this.#first]!.bytes;
      this.#first += 1;
    }
    if (this.#first < 4096) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }

  /** In the order of the file. */
  keys(): number[] {
    return this.#lines.slice(this.#first).map(({ key }) => key);
  }

  clear(): void {
    this.#lines = [];
    this.#first = this.#bytes = 0;
  }

  /** Takes the last lines of `[from, to)`. */
  fill(file: SteadyFile, from: number, to: number): void {
    const keyed: { key: number; bytes: number }[][] = [];
    for (const lines of linesBackwards(file, from, to)) {
      keyed.unshift(
        lines.flatMap((line) => {
          const key = keyOf(line);
          return key === undefined ? [] : [{ key, bytes: line.end - line.start }];
        }),
      );
      if (to - lines[0]!.start > WINDOW_BYTES) break;
    }
    for (const { key, bytes } of keyed.flat()) this.push(key, bytes);
  }
}

/** Late lines may be so far behind the others. */
const APART_BYTES = 64 << 20;

/**
 * Where the remembered lines begin in a file: the first of them that is there, and its number. undefined: none of them is there.
 *
 * Looks from the end, for what came after them is little, until the very first one is found. Where that is not there any more,
 * it looks on for a while: the last ones may be late lines, which stand far behind the others. Only lines that are there once
 * among the remembered ones say where that is.
 */
export function findWindow(
  file: SteadyFile,
  keys: readonly number[],
): { offset: number; index: number } | undefined {
  const places = new Map<number, number>();
  keys.forEach((key, index) => places.set(key, places.has(key) ? -1 : index));
  const first = [...places.values()].find((index) => index >= 0);
  if (first === undefined) return undefined;
  let found: { offset: number; index: number } | undefined;
  for (const lines of linesBackwards(file, 0, file.end)) {
    for (let at = lines.length - 1; at >= 0; at--) {
      const line = lines[at]!;
      const key = keyOf(line);
      const index = key === undefined ? undefined : places.get(key);
      if (index === undefined || index < 0) continue;
      found = { offset: line.start, index };
      if (index === first) return found;
    }
    if (found && found.offset - lines[0]!.start > APART_BYTES) break;
  }
  return found;
}

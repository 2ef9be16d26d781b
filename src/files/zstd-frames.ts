// Tells whether a zstd file is whole: Node ends a stream that is cut off without an error.
//
// A file is a row of frames (RFC 8878): a magic number, a header, blocks of which the last one is marked, a checksum.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const MAGIC = 0xfd2fb528;
/** Of the frames that a decoder skips, without its last four bits. */
const SKIPPED = 0x184d2a50;

/** Reads the headers alone. */
export function endsWithFrame(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const number = (at: number, bytes: number): number => {
      const buffer = Buffer.alloc(bytes);
      return readSync(fd, buffer, 0, bytes, at) === bytes ? buffer.readUIntLE(0, bytes) : NaN;
    };
    let at = 0;
    while (at < size) at = frameEnd(at, number);
    return at === size;
  } finally {
    closeSync(fd);
  }
}

/** NaN: it is cut off, or none. */
function frameEnd(start: number, number: (at: number, bytes: number) => number): number {
  const magic = number(start, 4);
  if (magic >= SKIPPED && magic < SKIPPED + 16) return start + 8 + number(start + 4, 4);
  if (magic !== MAGIC) return NaN;
  const descriptor = number(start + 4, 1);
  const isSingle = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  let at = start + 5 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (;;) {
    const header = number(at, 3);
    if (Number.isNaN(header)) return NaN;
    const isRepeatedByte = ((header >> 1) & 3) === 1;
    at += 3 + (isRepeatedByte ? 1 : header >> 3);
    if ((header & 1) === 1) return at + ((descriptor & 4) === 0 ? 0 : 4);
  }
}

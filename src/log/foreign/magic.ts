// Tells compressed files, archives, databases and UTF-16 by their first bytes.
import type { FileForm } from './form.js';

const TAR_HEADER_BYTES = 512;
/** Where the checksum of a tar header is, and the mark of the format. */
const TAR_CHECKSUM = { start: 148, end: 156 };
const TAR_MARK = { start: 257, text: 'ustar' };

type Test = (head: Buffer) => boolean;

const startsWith =
  (...bytes: number[]): Test =>
  (head) =>
    head.subarray(0, bytes.length).equals(Buffer.from(bytes));

const startsWithText =
  (text: string): Test =>
  (head) =>
    head.toString('latin1', 0, text.length) === text;

/** Its name, compression and flags: a header has ten bytes. */
const isGzip: Test = (head) =>
  head.length >= 10 && startsWith(0x1f, 0x8b, 0x08)(head) && (head[3]! & 0xe0) === 0;

/** Its level, and how its first block begins, or its end where it is empty. */
// eslint-disable-next-line no-control-regex
const BZIP2 = /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/;
const isBzip2: Test = (head) => BZIP2.test(head.toString('latin1', 0, 10));

/** A file in it, or none at all. The version that is needed to unpack it is below ten. */
const isZip: Test = (head) =>
  head.length >= 22 &&
  ((startsWithText('PK\x03\x04')(head) && head[4]! < 100 && head[5] === 0) ||
    startsWithText('PK\x05\x06')(head));

const isTar: Test = (head) => {
  if (head.length < TAR_HEADER_BYTES) return false;
  const { start, text } = TAR_MARK;
  if (head.toString('latin1', start, start + text.length) !== text) return false;
  const written = head.toString('latin1', TAR_CHECKSUM.start, TAR_CHECKSUM.end);
  return Number.parseInt(written.trim(), 8) === tarChecksum(head);
};

/** The sum of all bytes of the header, those of the checksum itself taken for spaces. */
function tarChecksum(head: Buffer): number {
  let sum = 0;
  for (let at = 0; at < TAR_HEADER_BYTES; at++) {
    sum += at >= TAR_CHECKSUM.start && at < TAR_CHECKSUM.end ? 0x20 : head[at]!;
  }
  return sum;
}

/** Formats that may hold a log as it is, so that lines of them are records: each with a long mark, or a checksum. */
const CONTAINERS: [FileForm, Test][] = [
  ['zip', isZip],
  ['tar', isTar],
  ['sqlite', startsWithText('SQLite format 3\0')],
];

const OTHERS: [FileForm, Test][] = [
  ['gzip', isGzip],
  ['zstd', startsWith(0x28, 0xb5, 0x2f, 0xfd)],
  ['bzip2', isBzip2],
  ['xz', startsWith(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)],
  ['lz4', startsWith(0x04, 0x22, 0x4d, 0x18)],
  ['parquet', startsWithText('PAR1')],
  ['redis_dump', (head) => /^REDIS\d{4}/.test(head.toString('latin1', 0, 9))],
];

/** The format of a file that may hold records as they are. */
export function containerForm(head: Buffer): FileForm | undefined {
  return CONTAINERS.find(([, test]) => test(head))?.[0];
}

/** The format of a file in which no line is a record. */
export function magicForm(head: Buffer): FileForm | undefined {
  return OTHERS.find(([, test]) => test(head))?.[0] ?? utf16Form(head);
}

/** So many bytes show how zeros are spread. */
const UTF16_SAMPLE = 512;
const UTF16_LEAST = 16;

/** With a mark at its start, or known by zeros in three of four places of one parity, and in none of the other. */
function utf16Form(head: Buffer): FileForm | undefined {
  const length = Math.min(head.length, UTF16_SAMPLE) & ~1;
  const zeros = [0, 0];
  for (let at = 0; at < length; at++) if (head[at] === 0) zeros[at % 2]! += 1;
  const pairs = length / 2;
  const marked = startsWith(0xff, 0xfe)(head) || startsWith(0xfe, 0xff)(head);
  if (marked && pairs >= 2) return 'utf16';
  if (length < UTF16_LEAST) return undefined;
  if (zeros[1]! >= 0.75 * pairs && zeros[0] === 0) return 'utf16le';
  if (zeros[0]! >= 0.75 * pairs && zeros[1] === 0) return 'utf16be';
  return undefined;
}

// Keeps an index of the blocks of a log, so that the next run reads less of the log.
// For each block it has the place, the lines and bytes of each kind, and the oldest and newest timestamp. The scan
// skips a block only when nothing in it can have expired, and reads all of the log when count or size cut. So a wrong
// index costs time, or leaves for a later run what could have gone now; it never loses a record.
// A run saves it after the log was changed, by a rename: a crash leaves the old index or the new one, whole. The old
// one does not fit a rewritten log (other inode), nor one shortened in place (checksum of the tail): it is ignored.
// The log is synced before: else a power loss may take what a writer appended, and leave an index that speaks of it.
import { fdatasyncSync, readSync, type Stats } from 'node:fs';
import { crc32 } from 'node:zlib';
import { replaceFile } from '../files/durable.js';
import { makeOwnFolder, openOwnFolder, ownerOf, readKept } from '../files/own-folder.js';
import { lastingId } from '../files/identity.js';
import type { LogNames } from '../files/names.js';
import type { OpenFile } from '../files/read.js';
import { noSums, type Sums } from '../records/sums.js';

const SCHEMA = 'papyra.index/v2';

/** The checksum of so many bytes before the end of the last block tells whether this is still the same log. */
const TAIL_BYTES = 4096;

const NUMBERS = 12;

interface Header {
  schema: typeof SCHEMA;
  /** Decimal text: an inode may be larger than the numbers of JSON are exact. */
  inode: string;
  born: number;
  /** CRC-32: of the end of what is indexed, and of the numbers that follow the header. */
  tail: number;
  body: number;
}

type OpenLog = OpenFile & { stat: Stats };

/** The indexed blocks, in order; none when the index is missing, of an old form, broken or of another log. */
export function loadIndex(names: LogNames, log: OpenLog): Sums[] {
  try {
    const home = openOwnFolder(names, log.stat);
    if (!home) return [];
    try {
      return parse(readKept(home.index, log.stat), log);
    } finally {
      home.close();
    }
  } catch {
    return [];
  }
}

/** Where the index cannot be written, the next run reads more. */
export function saveIndex(names: LogNames, log: OpenLog, blocks: readonly Sums[]): void {
  const end = blocks.at(-1)?.end ?? 0;
  try {
    const owner = ownerOf(names);
    const home = makeOwnFolder(names, owner);
    const body = Buffer.from(new Float64Array(blocks.flatMap(numbersOf)).buffer);
    const tail = tailOf(log, end);
    const header: Header = { schema: SCHEMA, ...identity(log), tail, body: crc32(body) };
    const head = Buffer.from(`${JSON.stringify(header)}\n`);
    try {
      fdatasyncSync(log.fd);
      replaceFile(home.index, Buffer.concat([head, body]), owner);
    } finally {
      home.close();
    }
  } catch {
    // The index only saves time.
  }
}

function parse(content: Buffer, log: OpenLog): Sums[] {
  const newline = content.indexOf(0x0a);
  const header = JSON.parse(content.toString('utf8', 0, newline)) as Partial<Header>;
  const body = Uint8Array.from(content.subarray(newline + 1));
  const { inode, born } = identity(log);
  if (header.schema !== SCHEMA || header.inode !== inode || header.born !== born) return [];
  if (header.body !== crc32(body)) return [];
  const numbers = new Float64Array(body.buffer);
  const blocks: Sums[] = [];
  for (let at = 0; at < numbers.length; at += NUMBERS) {
    blocks.push(sumsOf(numbers.subarray(at, at + NUMBERS)));
  }
  const sound = blocks.every(({ start, end }, index) => {
    return start < end && start >= (blocks[index - 1]?.end ?? 0) && end <= log.stat.size;
  });
  return sound && header.tail === tailOf(log, blocks.at(-1)?.end ?? 0) ? blocks : [];
}

function identity({ fd }: OpenFile): Pick<Header, 'inode' | 'born'> {
  const { inode, born } = lastingId(fd);
  return { inode: String(inode), born };
}

function tailOf(log: OpenFile, end: number): number {
  const buffer = Buffer.alloc(Math.min(TAIL_BYTES, end));
  readSync(log.fd, buffer, 0, buffer.length, end - buffer.length);
  return crc32(buffer);
}

function numbersOf({ start, end, lines, bytes, oldest, newest }: Sums): number[] {
  return [
    ...[start, end, oldest, newest],
    ...[lines.live + lines.expired, bytes.live + bytes.expired],
    ...[lines.undated, bytes.undated],
    ...[lines.unreadable, bytes.unreadable],
    ...[lines.blank, bytes.blank],
  ];
}

/** Dated lines count as live: the scan uses a block only when none of them has expired (`staysWhole`). */
function sumsOf(numbers: Float64Array): Sums {
  const [start, end, oldest, newest, ...counts] = numbers as unknown as number[];
  const sums = noSums(start!);
  Object.assign(sums, { end, oldest, newest });
  (['live', 'undated', 'unreadable', 'blank'] as const).forEach((category, index) => {
    sums.lines[category] = counts[index * 2]!;
    sums.bytes[category] = counts[index * 2 + 1]!;
  });
  return sums;
}

import { readSync, type Stats } from 'node:fs';
import { crc32 } from 'node:zlib';
import { replaceFile } from '../files/durable.js';
import { makeOwnFolder, openOwnFolder, ownerOf, readKept } from '../files/own-folder.js';
import { lastingId } from '../files/identity.js';
import type { LogNames } from '../files/names.js';
import type { OpenFile } from '../files/read.js';
import { noSums, type Sums } from '../records/sums.js';

/**
 * What a log held when the last run ended: for each block where it is, how many lines of what kind, the
 * oldest and the newest timestamp. It saves reading what nothing can have expired in, and no more: only
 * what was read is ever dropped, so an index that is wrong costs time, or leaves for a later run what
 * could have gone now.
 */

const SCHEMA = 'papyra.index/v2';

/** So many bytes before the end of the last block tell whether it is still the same log. */
const TAIL_BYTES = 4096;

const NUMBERS = 12;

interface Header {
  schema: typeof SCHEMA;
  /** Decimal: it may be larger than a number of JSON. */
  inode: string;
  born: number;
  /** Check sums: of the end of what is indexed, and of the numbers that follow. */
  tail: number;
  body: number;
}

type OpenLog = OpenFile & { stat: Stats };

/** The blocks of a log that the index knows, in order; none when it is missing, old, broken or of another log. */
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

/** Remembers blocks of a log. Where that cannot be written, the next run reads more. */
export function saveIndex(names: LogNames, log: OpenLog, blocks: readonly Sums[]): void {
  const end = blocks.at(-1)?.end ?? 0;
  try {
    const owner = ownerOf(names);
    const home = makeOwnFolder(names, owner);
    const body = Buffer.from(new Float64Array(blocks.flatMap(numbersOf)).buffer);
    const header: Header = {
      schema: SCHEMA,
      ...identity(log),
      tail: tailOf(log, end),
      body: crc32(body),
    };
    const head = Buffer.from(`${JSON.stringify(header)}\n`);
    try {
      replaceFile(home.index, Buffer.concat([head, body]), owner);
    } finally {
      home.close();
    }
  } catch {
    // It only saves time.
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

/** Dated lines count as live: whoever uses a block makes sure that none of them has expired. */
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

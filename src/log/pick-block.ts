// Reads a block of a log, and picks the lines that the scan has marked.
import { readSync } from 'node:fs';
import { attempt } from '../errors/system-error.js';
import { truncated, type OpenFile } from '../files/read.js';
import type { LineReader, Marked } from '../records/line-reader.js';

/** What it returns is valid until the reader is used again. */
export function pickBlock(file: OpenFile, block: Marked, reader: LineReader): Buffer {
  const room = reader.room(block);
  for (let at = 0; at < room.length;) {
    const rest = room.subarray(at);
    const read = attempt('read', file.path, () =>
      readSync(file.fd, rest, 0, rest.length, block.start + at),
    );
    if (read === 0) throw truncated(file.path);
    at += read;
  }
  const picked = reader.pick(block, room);
  if (!picked) throw truncated(file.path);
  return picked;
}

// Writes what a recovery removes to a file of its own, with where it was, before anything goes.
import { isUtf8 } from 'node:buffer';
import { lstatSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '../errors/system-error.js';
import { memoryBeside, rememberedStore } from '../files/archive-memory.js';
import { compactTime } from '../files/archive-names.js';
import { idOf, publishInto } from '../files/archive.js';
import { makeDirectory } from '../files/make-directory.js';
import type { TornEnd } from '../files/mend-tail.js';
import { ownerOfCompanions } from '../files/ownership.js';
import type { Tick } from '../files/read.js';
import { archiveNameOf } from './archive-name.js';
import type { Block } from './block.js';
import { eachLine } from './each-line.js';
import { linesIn } from './line-count.js';
import type { OpenLog } from './open.js';
import type { LogScan } from './scan.js';

/** A file, and what was found in it. */
export interface Damaged {
  log: OpenLog;
  /** Its path, as the operator knows it. */
  path: string;
  seen: LogScan;
  torn?: TornEnd | undefined;
}

/** A line that goes. */
export interface DamagedLine {
  kind: 'CORRUPTED_LINE' | 'TRUNCATED_LINE';
  line: number;
  start: number;
  end: number;
}

/**
 * Writes the damaged lines of some files, as NDJSON: one object for each, with file, line, offset and bytes. What is
 * UTF-8 is in `data` as it is; else `data` is Base64, and `encoding` says so. Returns the path; null: there is none.
 *
 * @throws {PapyraError} when it cannot be written; nothing was removed then.
 */
export async function quarantineLines(
  directory: string,
  active: OpenLog,
  files: readonly Damaged[],
  tick: Tick,
): Promise<string | null> {
  if (files.every((file) => damagedBlocks(file).length === 0)) return null;
  makeDirectory(directory);
  const { name, identity } = archiveNameOf(active.path);
  const store = await rememberedStore(memoryBeside(active.path));
  return publishInto(directory, {
    tempName: `.${name}.quarantine_${idOf(identity, store?.store_id)}.tmp`,
    owner: ownerOfCompanions(active),
    fill: async (write) => {
      for (const file of files)
        for await (const line of damagedLines(file, tick))
          for (const piece of entryOf(file, line)) write(Buffer.from(piece));
    },
    name: () => freeName(directory, name, '.ndjson'),
  });
}

function damagedBlocks({ seen }: Damaged): Block[] {
  return seen.blocks.filter(({ lines }) => lines.discarded > 0);
}

/** All lines that go, with their places. */
export async function* damagedLines(file: Damaged, tick: Tick): AsyncGenerator<DamagedLine> {
  let before = 0;
  for (const block of file.seen.blocks) {
    if (block.lines.discarded > 0) {
      const found: DamagedLine[] = [];
      let line = before;
      await eachLine(file.log, block, tick, (kind, start, end) => {
        line += 1;
        const isTorn = start === file.torn?.start;
        if (kind !== 'unreadable' && !(isTorn && !file.torn!.isRecord)) return;
        found.push({ kind: isTorn ? 'TRUNCATED_LINE' : 'CORRUPTED_LINE', line, start, end });
      });
      yield* found;
    }
    before += linesIn(file.log, block);
  }
}

/** Base64 of a multiple of three bytes can be put together of pieces. */
const PIECE_BYTES = 3 << 18;

function* entryOf(
  { log, path }: Damaged,
  { kind, line, start, end }: DamagedLine,
): Generator<string> {
  const at = { kind, file: path, line, offset: start, bytes: end - start, time: Date.now() / 1000 };
  const read = (from: number): Buffer => {
    const buffer = Buffer.alloc(Math.min(PIECE_BYTES, end - from));
    const bytes = attempt('read', path, () => readSync(log.fd, buffer, 0, buffer.length, from));
    return buffer.subarray(0, bytes);
  };
  const first = read(start);
  if (first.length === end - start && isUtf8(first)) {
    yield `${JSON.stringify({ ...at, encoding: 'utf8', data: first.toString() })}\n`;
    return;
  }
  yield JSON.stringify({ ...at, encoding: 'base64' }).replace(/\}$/, ',"data":"');
  for (let from = start; from < end; from += PIECE_BYTES) yield read(from).toString('base64');
  yield '"}\n';
}

/** `events.ndjson.quarantine.20261122T050000Z.ndjson`; when two are made in one second, the second has a number. */
export function freeName(directory: string, name: string, end: string): string {
  const begin = `${name}.quarantine.${compactTime(Date.now())}`;
  for (let number = 1; ; number++) {
    const free = `${begin}${number === 1 ? '' : `-${number}`}${end}`;
    if (!lstatSync(join(directory, free), { throwIfNoEntry: false })) return free;
  }
}

// Restores the records of archives as NDJSON: run after run, in the order of the log, byte for byte, once each.
//
// Archives are checked first (SHA-256), and only sound ones are read, so that nothing of a damaged one gets out. Into a
// file:
//
// 1. Write a temporary file beside it; fsync it.
// 2. Link it to its name, which fails where that is taken; fsync the directory; remove the temporary name.
//
// A crash leaves the temporary file, never a part of the file. The next restore to the same name removes it.
import { interruption, PapyraError } from '../errors/errors.js';
import { archiveBytes, tooLong } from '../log/archive-files.js';
import { fieldsOf, textOf } from '../records/members.js';
import { classify, RecordFilter, type RecordKind, type Wanted } from '../records/record-filter.js';
import { collectorEvery } from '../units/collector.js';
import { pathOf } from './catalog.js';
import { isFiller, takesLine } from './in-place-heads.js';
import { pieces, type Piece } from './lines.js';
import type { TakenArchive, TakenPart } from './repeats.js';

export interface Restored {
  records: number;
  bytes: number;
  repeated: number;
}

export interface RestoreRequest {
  wanted: Wanted;
  write: (bytes: Buffer) => Promise<void> | void;
  signal: AbortSignal | undefined;
}

const COLLECT_BYTES = 16 << 20;
/** Written at a time. */
const BATCH_BYTES = 1 << 18;

/** Calls `write` with what is restored of the archives, in order. */
export async function restoreRecords(
  archives: readonly TakenArchive[],
  request: RestoreRequest,
): Promise<Restored> {
  const total: Restored = { records: 0, bytes: 0, repeated: 0 };
  const { since, until, kind } = request.wanted;
  const isFiltered = since !== undefined || until !== undefined || kind !== undefined;
  const filter = isFiltered ? new RecordFilter(request.wanted) : undefined;
  const batch = new Batch(request.write);
  const collect = collectorEvery(COLLECT_BYTES);
  for (const { archive, parts } of archives) {
    const path = pathOf(archive);
    if (archive.manifest && isOutside(archive.manifest, request.wanted)) continue;
    const gates = new Gates(parts);
    for await (const list of pieces(archiveBytes(path))) {
      if (request.signal?.aborted) throw interruption(request.signal);
      for (const piece of list) {
        collect(piece.bytes.length);
        const part = gates.next(piece);
        if (part === undefined) {
          if (piece.ends) total.repeated += 1;
          continue;
        }
        const bytes = restoredBytes(piece, part, filter, path);
        if (bytes === undefined) continue;
        if (piece.ends) total.records += 1;
        total.bytes += bytes.length;
        await batch.add(bytes);
      }
      // What was added is valid no longer.
      await batch.flush();
    }
  }
  return total;
}

/** No record of it is of the time that is asked for. */
function isOutside(
  { oldest, newest }: { oldest: number | null; newest: number | null },
  { since, until }: Wanted,
): boolean {
  if (oldest === null || newest === null) return false;
  return (since !== undefined && newest < since) || (until !== undefined && oldest > until);
}

/** Joins small pieces, to write fewer. */
class Batch {
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(readonly write: RestoreRequest['write']) {}

  async add(bytes: Buffer): Promise<void> {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= BATCH_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return;
    const all = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    await this.write(all);
  }
}

/** Says of each line of an archive, in order, whether it is taken. */
class Gates {
  readonly #parts: readonly TakenPart[];
  #at = 0;
  /** Bytes of the part that are passed. */
  #passed = 0;
  #ended = false;
  /** Of the line that the last piece was of. */
  #isTaken = false;

  constructor(parts: readonly TakenPart[]) {
    this.#parts = parts;
  }

  /** The part of the line; undefined: it is not taken. */
  next(piece: Piece): TakenPart | undefined {
    while (this.#passed >= this.#parts[this.#at]!.bytes && this.#at < this.#parts.length - 1) {
      this.#at += 1;
      this.#passed = 0;
      this.#ended = false;
    }
    const part = this.#parts[this.#at]!;
    if (piece.begins) this.#isTaken = this.#takes(part, piece);
    this.#passed += piece.bytes.length;
    return this.#isTaken ? part : undefined;
  }

  #takes({ share }: TakenPart, { bytes }: Piece): boolean {
    switch (share.take) {
      case 'all':
        return true;
      case 'none':
        return false;
      case 'head':
        return takesLine(share.stretch, share.stretch.start + this.#passed, bytes);
      case 'before':
        // It ends with the first line that the later archive has, too; if that is another one, nothing is repeated.
        if (!this.#ended && holdsId(bytes, share.id)) this.#ended = startsWith(bytes, share.head);
        return !this.#ended;
    }
  }
}

function holdsId(line: Buffer, id: string): boolean {
  return line.includes(`"id":"${id}"`);
}

/** `head`: the first bytes of a line, and perhaps of lines after it. */
function startsWith(line: Buffer, head: Buffer): boolean {
  const length = Math.min(line.length, head.length);
  return line.subarray(0, length).equals(head.subarray(0, length));
}

/** What is written of a line; undefined: it is not asked for. */
function restoredBytes(
  { bytes, begins, ends }: Piece,
  { isStream }: TakenPart,
  filter: RecordFilter | undefined,
  path: string,
): Buffer | undefined {
  const isWhole = begins && ends;
  if (isWhole && isFiller(bytes)) return undefined;
  if (!isStream && !filter) return bytes;
  if (!isWhole) throw tooLong(path);
  const hasEnd = bytes.at(-1) === 0x0a;
  const line = hasEnd ? bytes.subarray(0, -1) : bytes;
  const record = isStream ? entryOf(line) : { bytes: line };
  if (filter && !isAskedFor(record, filter)) return undefined;
  return isStream ? Buffer.concat([record.bytes, NEWLINE]) : bytes;
}

const NEWLINE = Buffer.from('\n');

interface RecordBytes {
  bytes: Buffer;
  kind?: RecordKind;
}

function isAskedFor({ bytes, kind }: RecordBytes, filter: RecordFilter): boolean {
  if (!filter.mayHold(bytes, kind)) return false;
  const { kind: lineKind, timestamp } = classify(bytes);
  if (lineKind !== 'record' && lineKind !== 'undated') return false;
  return filter.inTime(timestamp) && filter.kindOf(bytes, kind) !== undefined;
}

const KIND_OF: Record<string, RecordKind> = { events: 'event', audits: 'audit', dead_letters: 'dead_letter' }; // prettier-ignore

/** The record of an entry, in one line; of an entry without a readable one, all that the archive has of it. */
function entryOf(line: Buffer): RecordBytes {
  const fields = fieldsOf(line.toString('utf8'));
  const [key, data] = [textOf(fields.get('key')), textOf(fields.get('data'))];
  if (key === undefined || data === undefined) return { bytes: line };
  const kind = KIND_OF[key.slice(key.lastIndexOf(':') + 1)];
  const bytes = Buffer.from(data.replaceAll('\n', ' '));
  return kind === undefined ? { bytes } : { bytes, kind };
}

/** Refused with the names of what is damaged. */
export function damagedArchives(reasons: readonly { file: string; reason: string }[]): PapyraError {
  const [first] = reasons;
  const others = reasons.length > 1 ? `, and ${reasons.length - 1} more` : '';
  return new PapyraError('io_error', `cannot restore from the archive ${first!.file}: ${first!.reason}${others}`, {
    hint: 'nothing was written; see papyra archive verify; --skip-damaged restores the others',
  }); // prettier-ignore
}

// Says whether an entry is corrupted, and describes it as an anomaly.
import { excerptOf, faultOf } from '../../log/excerpt.js';
import type { LineKind } from '../../records/scanner.js';
import type { Anomaly } from '../../report/anomalies.js';
import { bytesOf, recordOf, type Entry } from './entries.js';

/** Of this many bytes an excerpt is made. */
const LOOK_BYTES = 1024;

/** An object without a timestamp is a record that the runtime can read: no anomaly. */
export function isReadable(kind: LineKind): boolean {
  return kind === 'record' || kind === 'undated';
}

/** Whether the runtime can make no record of it. */
export function isCorrupted(entry: Entry): boolean {
  return !isReadable(recordOf(entry).kind);
}

export function anomalyOf(stream: string, entry: Entry): Anomaly {
  const { id, data } = entry;
  return {
    kind: 'CORRUPTED_LINE',
    file: null,
    stream,
    line: null,
    id,
    offset: null,
    bytes: bytesOf(entry),
    detail: data === null ? 'no field data' : detailOf(data),
    excerpt: excerptOf(data ?? beginningOf(entry.fields)),
  };
}

function detailOf(data: Buffer): string {
  return data.length === 0 ? 'data is empty' : `data ${faultOf(data)}`;
}

/** `name=value name=value …` */
function beginningOf(fields: readonly Buffer[]): Buffer {
  const pieces: Buffer[] = [];
  let length = 0;
  for (const [index, field] of fields.entries()) {
    const piece = field.subarray(0, LOOK_BYTES);
    pieces.push(piece, Buffer.from(index % 2 === 0 ? '=' : ' '));
    length += piece.length;
    if (length >= LOOK_BYTES) break;
  }
  return Buffer.concat(pieces.slice(0, -1));
}

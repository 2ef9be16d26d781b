// Takes the newest records of what can only be read from its beginning, also in turned order, in bounded memory.
import type { RecordBatches, StoredRecord } from '../backends/listing.js';

/** Begins to read anew; always the same records. */
export type BatchSource = () => RecordBatches;

/** So many bytes of records are held, to turn their order around. */
const HELD_BYTES = 8 << 20;

interface Which {
  /** How many records the source has. */
  total: number;
  /** The newest so many of them. */
  limit: number;
  newestFirst: boolean;
}

/** The newest `limit` records of a source. Turned around, it reads the source once for each piece that can be held. */
export async function* newestOf(
  source: BatchSource,
  { total, limit, newestFirst }: Which,
): RecordBatches {
  const first = Math.max(0, total - limit);
  if (!newestFirst) {
    yield* between(source, first, total);
    return;
  }
  const bounds = [first];
  let [at, bytes] = [first, 0];
  for await (const records of between(source, first, total)) {
    for (const record of records) {
      bytes += record.bytes.length;
      at += 1;
      if (bytes < HELD_BYTES) continue;
      bounds.push(at);
      bytes = 0;
    }
  }
  bounds.push(at);
  for (let piece = bounds.length - 1; piece > 0; piece--) {
    const held: StoredRecord[] = [];
    for await (const records of between(source, bounds[piece - 1]!, bounds[piece]!)) {
      held.push(...records.map((record) => ({ ...record, bytes: Buffer.from(record.bytes) })));
    }
    if (held.length > 0) yield held.reverse();
  }
}

/** The records with the numbers `[from, to)`. */
async function* between(source: BatchSource, from: number, to: number): RecordBatches {
  let at = 0;
  for await (const records of source()) {
    const part = records.slice(Math.max(0, from - at), Math.max(0, to - at));
    at += records.length;
    if (part.length > 0) yield part;
    if (at >= to) return;
  }
}

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What became of numbered records. */
export interface Tally {
  lost: number;
  twice: number;
  torn: number;
  outOfOrder: number;
}

/**
 * Counts the records of each writer in a log: of `written[id]` records, numbered from 0, the log must
 * hold each once. `dropped`: lines of the log's own past that are expected to be gone do not matter.
 */
export async function countRecords(log: string, written: Record<string, number>): Promise<Tally> {
  const seen = new Map<string, Uint8Array>();
  const last = new Map<string, number>();
  for (const [id, count] of Object.entries(written)) seen.set(id, new Uint8Array(count));
  const tally: Tally = { lost: 0, twice: 0, torn: 0, outOfOrder: 0 };
  // A log may be longer than any string.
  const input = createReadStream(log, { encoding: 'latin1', highWaterMark: 1 << 20 });
  for await (const line of createInterface({ input })) {
    if (line.trim() === '') continue;
    let record: { writer?: string; n?: number };
    try {
      record = JSON.parse(line) as typeof record;
    } catch {
      tally.torn += 1;
      continue;
    }
    if (record.writer === undefined || record.n === undefined) continue;
    const counts = seen.get(record.writer);
    if (!counts || record.n >= counts.length) throw new Error(`a record nobody wrote: ${line}`);
    counts[record.n]! += 1;
    if (record.n < (last.get(record.writer) ?? -1)) tally.outOfOrder += 1;
    last.set(record.writer, record.n);
  }
  for (const counts of seen.values()) {
    for (const count of counts) {
      if (count === 0) tally.lost += 1;
      if (count > 1) tally.twice += count - 1;
    }
  }
  return tally;
}

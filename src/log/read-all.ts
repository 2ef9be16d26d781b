// Reads a range of a log and sums up its whole lines, in one thread.
import { chunks, type OpenFile, type Tick } from '../files/read.js';
import type { Category } from '../records/kernel/kernel.js';
import type { LineReader } from '../records/line-reader.js';
import type { Sums } from '../records/sums.js';

export interface ReadTask {
  file: OpenFile;
  from: number;
  to: number;
  reader: LineReader;
  /** The sums say which lines are of these categories. */
  marked?: readonly Category[] | undefined;
  tick: Tick;
}

export async function readAll({ file, from, to, reader, marked, tick }: ReadTask): Promise<Sums[]> {
  const sums: Sums[] = [];
  reader.startAt(from, undefined, marked);
  for await (const chunk of chunks(file, from, to, tick, reader.window)) {
    reader.take(chunk.length, (one) => sums.push(one));
  }
  return sums;
}

import { chunks, type OpenFile, type Tick } from '../../files/read.js';
import type { Instants, LineReader } from '../../records/line-reader.js';
import type { Sums } from '../../records/sums.js';
import type { SecondThread } from './survey-threads.js';

/** A range of a log to be read. */
export interface SurveyTask {
  file: OpenFile;
  from: number;
  to: number;
  reader: LineReader;
  instants: Instants;
  /** The second thread, where there is one. */
  thread?: SecondThread | undefined;
  tick: Tick;
}

/** The sums of all whole lines of a range, by this thread alone. */
export async function readAll(
  task: Pick<SurveyTask, 'file' | 'from' | 'to' | 'reader' | 'tick'>,
): Promise<Sums[]> {
  const { file, from, to, reader, tick } = task;
  const sums: Sums[] = [];
  reader.startAt(from);
  for await (const chunk of chunks(file, from, to, tick, reader.window)) {
    reader.take(chunk.length, (one) => sums.push(one));
  }
  return sums;
}

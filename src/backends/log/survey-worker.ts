// The second thread of a survey: takes part after part of the log, as long as there are any. Bundled to a
// text of its own by the build (worker-code.ts), so that no file has to be found.
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { LineReader, type Instants } from '../../records/line-reader.js';
import type { Sums } from '../../records/sums.js';
import { segment, segmentsIn } from './segments.js';

export interface Task {
  fd: number;
  path: string;
  from: number;
  to: number;
  instants: Instants;
  /** The number of the next part that nobody has taken. */
  next: SharedArrayBuffer;
}

/** One part, done. */
export interface Done {
  index: number;
  sums: Sums[];
}

const { fd, path, from, to, instants, next } = workerData as Task;
const reader = new LineReader(instants);
const taken = new Int32Array(next);
const file = { fd, path };

for (;;) {
  const index = Atomics.add(taken, 0, 1);
  if (index >= segmentsIn(from, to)) break;
  const part = segment(file, from, to, index);
  const sums: Sums[] = [];
  reader.startAt(part.from);
  for (let at = part.from; at < part.to;) {
    const wanted = Math.min(reader.window.length - (at % 4096), part.to - at);
    const read = readSync(fd, reader.window, 0, wanted, at);
    if (read === 0) break;
    reader.take(read, (one) => sums.push(one));
    at += read;
  }
  parentPort!.postMessage({ index, sums } satisfies Done);
}

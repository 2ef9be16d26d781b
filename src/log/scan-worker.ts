// Runs as the second thread of a scan, and sums up one segment of the log after another (protocol: scan-threads.ts).
// The build bundles it to a text (worker-code.ts), so that no file has to be found at run time.
import { parentPort } from 'node:worker_threads';
import { LineReader, type Instants } from '../records/line-reader.js';
import type { Sums } from '../records/sums.js';
import { readAll } from './read-all.js';
import { segment, segmentsIn } from './segments.js';

export interface Task {
  fd: number;
  path: string;
  from: number;
  to: number;
  instants: Instants;
  /** The number of the next segment that no thread has taken. */
  next: SharedArrayBuffer;
}

/** The sums of one segment. */
export interface Done {
  index: number;
  sums: Sums[];
}

async function work({ fd, path, from, to, instants, next }: Task): Promise<void> {
  const reader = new LineReader(instants);
  const taken = new Int32Array(next);
  const file = { fd, path };
  const count = segmentsIn(from, to);
  for (let index = Atomics.add(taken, 0, 1); index < count; index = Atomics.add(taken, 0, 1)) {
    const part = segment(file, from, to, index);
    const sums = await readAll({ file, reader, tick: () => undefined, ...part });
    parentPort!.postMessage({ index, sums } satisfies Done);
  }
}

// An error ends the thread; the main thread then reads the segments that are missing.
parentPort!.on('message', (task: Task) => void work(task));

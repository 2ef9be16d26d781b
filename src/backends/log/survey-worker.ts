// The second thread of a survey: takes part after part of the log, as long as there are any. Bundled to a
// text of its own by the build (worker-code.ts), so that no file has to be found.
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
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

parentPort!.on('message', ({ fd, path, from, to, instants, next }: Task) => {
  const reader = new LineReader(instants);
  const taken = new Int32Array(next);
  const count = segmentsIn(from, to);
  for (let index = Atomics.add(taken, 0, 1); index < count; index = Atomics.add(taken, 0, 1)) {
    const part = segment({ fd, path }, from, to, index);
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
});

import { Worker } from 'node:worker_threads';
import type { Instants } from '../records/line-reader.js';
import type { Sums } from '../records/sums.js';
import { segment, segmentsIn } from './segments.js';
import type { Done, Task } from './scan-worker.js';
import { readAll, type ReadTask } from './read-all.js';
import { WORKER } from './worker-code.js';

/** How often this thread, when it waits for the other, looks whether it should stop. */
const LOOK_MS = 20;
/** What a kernel and the sums need, and little more. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 };

/** A second thread: there 30 ms after it was asked for, which is best done early. */
export class SecondThread {
  readonly worker = new Worker(WORKER, { eval: true, resourceLimits: LIMITS });
  /** It cannot start, or died. */
  ended = false;

  /** Called when it ends. */
  onEnd = () => {};

  constructor() {
    const ended = () => {
      this.ended = true;
      this.onEnd();
    };
    this.worker.on('error', ended).on('exit', ended);
    // Whoever waits for it says so.
    this.worker.unref();
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}

/** The same as `readAll`, by two threads that take turns at the parts of the log. */
export async function readInThreads(
  task: ReadTask & { instants: Instants },
  thread: SecondThread,
): Promise<Sums[]> {
  const { file, from, to, instants, tick } = task;
  const { worker } = thread;
  const next = new SharedArrayBuffer(4);
  const done = new Map<number, Sums[]>();
  let elsewhere = 0;
  let wake = () => {};
  const hear = ({ index, sums }: Done): void => {
    done.set(index, sums);
    elsewhere += (sums.at(-1)?.end ?? 0) - (sums[0]?.start ?? 0);
    wake();
  };
  const told = (): ReturnType<typeof tick> => {
    const bytes = elsewhere;
    elsewhere = 0;
    return tick(bytes);
  };
  const take = async (index: number): Promise<void> => {
    const part = segment(file, from, to, index);
    done.set(index, await readAll({ ...task, from: part.from, to: part.to }));
  };
  worker.on('message', hear);
  try {
    worker.postMessage({ fd: file.fd, path: file.path, from, to, instants, next } satisfies Task);
    const count = segmentsIn(from, to);
    const taken = new Int32Array(next);
    for (let index = Atomics.add(taken, 0, 1); index < count; index = Atomics.add(taken, 0, 1)) {
      await take(index);
      await told();
    }
    while (!thread.ended && done.size < count) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = thread.onEnd = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      await told();
    }
    // A thread that is not there leaves its parts to this one.
    for (let index = 0; index < count; index++) if (!done.has(index)) await take(index);
  } finally {
    worker.off('message', hear);
  }
  return [...done.entries()].sort(([a], [b]) => a - b).flatMap(([, sums]) => sums);
}

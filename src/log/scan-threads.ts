// Shares the scan of a log between this thread and a second one, started here.
// The log is cut into segments of 8 MiB. Both threads take segments, by one shared counter, until there are none.
// When the second thread does not start, or dies, this thread reads the segments that it did not deliver.
import { Worker } from 'node:worker_threads';
import type { Instants } from '../records/line-reader.js';
import type { Sums } from '../records/sums.js';
import { segment, segmentsIn } from './segments.js';
import type { Answered, AnswerTo, Done, PickTask, ScanTask, Task } from './scan-worker.js';
import { readAll, type ReadTask } from './read-all.js';
import { WORKER } from './worker-code.js';

/** While it waits for the other thread, this one checks so often whether it should stop. */
const LOOK_MS = 20;
/** Little more than the kernel and the sums need. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 };

/** It is ready 30 ms after it was asked for, so ask early. */
export class SecondThread {
  readonly worker = new Worker(WORKER, { eval: true, resourceLimits: LIMITS });
  /** It could not start, or died. */
  ended = false;

  #wake = () => {};
  #tasks = 0;

  constructor() {
    const ended = () => {
      this.ended = true;
      this.#wake();
    };
    this.worker.on('error', ended).on('exit', ended);
    this.worker.on('message', () => this.#wake());
    // It does not keep the process alive: `news` waits with a timer.
    this.worker.unref();
  }

  /** Waits until it sends something, or ends; not for long. */
  async news(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /**
   * Gives it a task, and hears its answers until the function that is returned is called. What it answers to an earlier
   * task that was given up is not heard: it may still be on its way.
   */
  ask<What extends ScanTask | PickTask>(
    what: What,
    hear: (answer: AnswerTo<What>) => void,
  ): () => void {
    const task = ++this.#tasks;
    const listen = ({ task: answered, answer }: Answered): void => {
      if (answered === task) hear(answer as AnswerTo<What>);
    };
    this.worker.on('message', listen);
    this.worker.postMessage({ ...what, task } satisfies Task);
    return () => this.worker.off('message', listen);
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}

/** Returns the same as `readAll`. */
export async function readInThreads(
  task: ReadTask & { instants: Instants },
  thread: SecondThread,
): Promise<Sums[]> {
  const { file, from, to, instants, marked, tick } = task;
  const next = new SharedArrayBuffer(4);
  const done = new Map<number, Sums[]>();
  let elsewhere = 0;
  const hear = ({ index, sums }: Done): void => {
    done.set(index, sums);
    elsewhere += (sums.at(-1)?.end ?? 0) - (sums[0]?.start ?? 0);
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
  const { fd, path } = file;
  const close = thread.ask({ fd, path, from, to, instants, marked, next }, hear);
  try {
    const count = segmentsIn(from, to);
    const taken = new Int32Array(next);
    for (let index = Atomics.add(taken, 0, 1); index < count; index = Atomics.add(taken, 0, 1)) {
      await take(index);
      await told();
    }
    while (!thread.ended && done.size < count) {
      await thread.news();
      await told();
    }
    for (let index = 0; index < count; index++) if (!done.has(index)) await take(index);
  } finally {
    close();
  }
  return [...done.entries()].sort(([a], [b]) => a - b).flatMap(([, sums]) => sums);
}

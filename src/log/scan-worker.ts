// Runs as the second thread: sums up segments of a log (protocol: scan-threads.ts), then picks lines of its blocks
// (pick-ahead.ts). The build bundles it to a text (worker-code.ts), so that no file has to be found at run time.
import { parentPort } from 'node:worker_threads';
import type { OpenFile } from '../files/read.js';
import type { Category } from '../records/kernel/kernel.js';
import { LineReader, type Instants, type Marked } from '../records/line-reader.js';
import type { Sums } from '../records/sums.js';
import { pickBlock } from './pick-block.js';
import { readAll } from './read-all.js';
import { segment, segmentsIn } from './segments.js';
import { takeBlock, type Shared } from './shared-blocks.js';

export interface ScanTask extends OpenFile {
  from: number;
  to: number;
  instants: Instants;
  marked: readonly Category[] | undefined;
  /** The number of the next segment that no thread has taken. */
  next: SharedArrayBuffer;
}

/** A task with its number. */
export type Task = (ScanTask | PickTask) & { task: number };

/** What it answers to one. */
export type AnswerTo<What> = What extends PickTask ? Picked : Done;

/** An answer to the task of that number. */
export interface Answered {
  task: number;
  answer: Done | Picked;
}

/** The sums of one segment. */
export interface Done {
  index: number;
  sums: Sums[];
}

export interface PickTask extends OpenFile {
  blocks: readonly Marked[];
  shared: Shared;
}

/** So many bytes of a block are in its slot. */
export interface Picked {
  index: number;
  length: number;
}

let reader: LineReader | undefined;
let seconds: Instants | undefined;

/** The same one for all files of a set: what it may mark is bounded. */
function readerFor(instants: Instants): LineReader {
  const { cutoff, horizon } = instants;
  if (!reader || seconds?.cutoff !== cutoff || seconds.horizon !== horizon) {
    reader = new LineReader(instants);
    seconds = instants;
  }
  return reader;
}

async function scan(
  { fd, path, from, to, instants, marked, next }: ScanTask,
  answer: (done: Done) => void,
): Promise<void> {
  const taken = new Int32Array(next);
  const file = { fd, path };
  const count = segmentsIn(from, to);
  for (let index = Atomics.add(taken, 0, 1); index < count; index = Atomics.add(taken, 0, 1)) {
    const task = { file, reader: readerFor(instants), marked, tick: () => undefined };
    const sums = await readAll({ ...task, ...segment(file, from, to, index) });
    answer({ index, sums });
  }
}

function pick({ blocks, shared, ...file }: PickTask, answer: (picked: Picked) => void): void {
  const picker = readerFor(seconds ?? { cutoff: 0, horizon: 0 });
  for (
    let index = takeBlock(shared, blocks);
    index !== undefined;
    index = takeBlock(shared, blocks)
  ) {
    const picked = pickBlock(file, blocks[index]!, picker);
    shared.slots[index % shared.slots.length]!.set(picked);
    answer({ index, length: picked.length });
  }
}

// An error ends the thread; the main thread then does what is missing.
parentPort!.on('message', (what: Task) => {
  const { task } = what;
  const answer = (one: Done | Picked): void => {
    parentPort!.postMessage({ task, answer: one } satisfies Answered);
  };
  if ('blocks' in what) pick(what, answer);
  else void scan(what, answer);
});

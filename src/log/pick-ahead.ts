// Picks lines of the blocks of a log, one after another, while the second thread does so of those that come next.
// When that thread does not answer any more, this one picks for itself.
import type { OpenFile, Tick } from '../files/read.js';
import type { LineReader, Marked } from '../records/line-reader.js';
import { pickBlock } from './pick-block.js';
import type { SecondThread } from './scan-threads.js';
import type { Picked, PickTask } from './scan-worker.js';
import { close, reach, share, type Shared } from './shared-blocks.js';

export interface Picking {
  file: OpenFile;
  reader: LineReader;
  tick: Tick;
}

export class PickAhead {
  readonly #task: Picking;
  readonly #blocks: readonly Marked[];
  readonly #thread: SecondThread;
  readonly #shared: Shared;
  readonly #lengths = new Map<number, number>();
  #index = 0;

  constructor(task: Picking, blocks: readonly Marked[], thread: SecondThread) {
    this.#task = task;
    this.#blocks = blocks;
    this.#thread = thread;
    this.#shared = share(blocks);
    thread.worker.on('message', this.#hear);
    const { fd, path } = task.file;
    thread.worker.postMessage({ fd, path, blocks, shared: this.#shared } satisfies PickTask);
  }

  /** What is picked of the next block. It is valid until the next call. */
  async next(): Promise<Uint8Array> {
    const index = this.#index++;
    const { file, reader, tick } = this.#task;
    let isMine = reach(this.#shared, index);
    while (!isMine && !this.#lengths.has(index)) {
      await this.#thread.news();
      await tick(0);
      isMine = this.#thread.ended;
    }
    const { slots } = this.#shared;
    const length = this.#lengths.get(index);
    if (length === undefined) return pickBlock(file, this.#blocks[index]!, reader);
    this.#lengths.delete(index);
    return slots[index % slots.length]!.subarray(0, length);
  }

  end(): void {
    this.#thread.worker.off('message', this.#hear);
    close(this.#shared, this.#blocks);
  }

  readonly #hear = ({ index, length }: Picked): void => {
    this.#lengths.set(index, length);
  };
}

// Picks lines of the blocks of a log, one after another, while the second thread does so of those that come next.
// When that thread does not answer any more, this one picks for itself.
import type { OpenFile, Tick } from '../files/read.js';
import type { LineReader, Marked } from '../records/line-reader.js';
import { pickBlock } from './pick-block.js';
import type { SecondThread } from './scan-threads.js';
import type { Picked } from './scan-worker.js';
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
  readonly #stopHearing: () => void;
  #index = 0;

  constructor(task: Picking, blocks: readonly Marked[], thread: SecondThread) {
    this.#task = task;
    this.#blocks = blocks;
    this.#thread = thread;
    this.#shared = share(blocks);
    const { fd, path } = task.file;
    const hear = ({ index, length }: Picked): void => void this.#lengths.set(index, length);
    this.#stopHearing = thread.ask({ fd, path, blocks, shared: this.#shared }, hear);
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
    this.#stopHearing();
    close(this.#shared, this.#blocks);
  }
}

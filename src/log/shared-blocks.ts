// Shares the blocks of a log between two threads: the first needs them in order, the second works ahead.
// Either takes the next block that nobody has taken. What the second one picks goes into a slot of shared memory: there
// are few, so it waits until the first one is done with the block that had the slot before.
import type { Marked } from '../records/line-reader.js';

export interface Shared {
  /** The numbers of blocks that are taken, and that the first thread is done with. */
  counts: Int32Array;
  slots: readonly Uint8Array[];
}

const TAKEN = 0;
const DONE = 1;

const SLOTS = 3;

export function share(blocks: readonly Marked[]): Shared {
  const bytes = Math.max(...blocks.map((block) => block.bytes));
  const slots = Array.from({ length: SLOTS }, () => new Uint8Array(new SharedArrayBuffer(bytes)));
  return { counts: new Int32Array(new SharedArrayBuffer(8)), slots };
}

/** Called by the first thread, of one block after another: whether it is left to it. It is done with those before. */
export function reach({ counts }: Shared, index: number): boolean {
  Atomics.store(counts, DONE, index);
  Atomics.notify(counts, DONE);
  return Atomics.compareExchange(counts, TAKEN, index, index + 1) === index;
}

/** Called by the first thread: the second one is to take no more blocks. */
export function close({ counts }: Shared, blocks: readonly Marked[]): void {
  Atomics.store(counts, TAKEN, blocks.length);
  Atomics.store(counts, DONE, blocks.length);
  Atomics.notify(counts, DONE);
}

/** Called by the second thread: the block that is its next one, when there is a slot; undefined: there are no more. */
export function takeBlock(
  { counts, slots }: Shared,
  blocks: readonly Marked[],
): number | undefined {
  for (let index = Atomics.load(counts, TAKEN); index < blocks.length;) {
    const done = Atomics.load(counts, DONE);
    if (index >= done + slots.length) Atomics.wait(counts, DONE, done);
    else if (Atomics.compareExchange(counts, TAKEN, index, index + 1) === index) return index;
    index = Atomics.load(counts, TAKEN);
  }
  return undefined;
}

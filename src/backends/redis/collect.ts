// Calls the garbage collector while replies come in. V8 counts buffers outside its heap, and by itself leaves some
// 64 MiB of them uncollected: with entries of 4 MB papyra took 118 MiB over Node's own, and 61 with this.
import { collectGarbage } from '../../log/collect-garbage.js';

/** Bytes of replies from one call of the collector to the next. A call takes some 3 ms. */
const STEP = 4 * 1024 * 1024;

let unseen = 0;

/** To be called with the bytes of every reply. */
export function noteBytes(bytes: number): void {
  unseen += bytes;
  if (unseen < STEP) return;
  unseen = 0;
  collectGarbage();
}

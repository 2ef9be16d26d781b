// Calls the garbage collector while replies come in. V8 counts buffers outside its heap, and by itself leaves some
// 64 MiB of them uncollected: with entries of 4 MB papyra took 118 MiB over Node's own, and 61 with this.
import { collectorEvery } from '../../units/collector.js';

/** To be called with the bytes of every reply. A call of the collector takes some 3 ms. */
export const noteBytes = collectorEvery(4 * 1024 * 1024);

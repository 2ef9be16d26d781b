// Tells whether a run left many expired records, and more than it dropped.
import type { CompactionReport } from '../report/report.js';

/** An approximate trim, or a head that ends in the middle of a block, leaves fewer each time. */
const MANY = 1000;

export function muchIsLeft({ records }: CompactionReport): boolean {
  const { expired_left: left, dropped } = records;
  return left !== null && left >= MANY && left > (dropped ?? 0);
}

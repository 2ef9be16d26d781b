import type { CompactionReport } from '../report/report.js';

/** Fewer are what an approximate trim, or a head that ends in the middle of a block, leaves each time. */
const MANY = 1000;

/** A run left more expired records than it dropped, and not only a handful. */
export function muchIsLeft({ records }: CompactionReport): boolean {
  const { expired_left: left, dropped } = records;
  return left !== null && left >= MANY && left > (dropped ?? 0);
}

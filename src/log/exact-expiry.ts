// Says what a dry run would say goes now, from the sums of all lines of a log.
import type { Tick } from '../files/read.js';
import type { Sums } from '../records/sums.js';
import type { Expiry } from '../retention/estimate.js';
import type { RetentionRules } from '../retention/policy.js';
import { blockOf, statusesOf } from './block.js';
import { findCuts } from './cut.js';
import type { OpenLog } from './open.js';
import { scanOf } from './scan.js';
import { totalsOf } from './totals.js';

/** `sums`: of each file, the oldest first; all its lines are in them, in order. */
export async function exactExpiry(
  files: readonly { file: OpenLog; sums: readonly Sums[] }[],
  rules: RetentionRules,
  tick: Tick,
): Promise<Expiry> {
  const standings = statusesOf(rules);
  const parts = files.map(({ file, sums }) => {
    const blocks = sums.map((one) => blockOf(one, standings));
    return { file, blocks, scan: scanOf(blocks, 0) };
  });
  const cuts = await findCuts(parts, rules, tick);
  const expiry: Expiry = { records: 0, bytes: 0, by: { age: 0, count: 0, size: 0 } };
  for (const [at, { blocks, scan }] of parts.entries()) {
    const { dropped, droppedBy } = totalsOf(scan, cuts[at]!);
    expiry.records += dropped;
    // Without the blank lines that go along.
    expiry.bytes += cuts[at]!.bytes + blocks.reduce((sum, { bytes }) => sum + bytes.expired, 0);
    expiry.by.age += droppedBy.age;
    expiry.by.count += droppedBy.count;
    expiry.by.size += droppedBy.size;
  }
  return expiry;
}

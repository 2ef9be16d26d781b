// Estimates what the limits take of a store of which only a sample was read.
import type { RetentionPolicy, Tally } from './policy.js';

/** What goes, by the limit that takes it. */
export interface Expiry extends Tally {
  by: { age: number; count: number; size: number };
}

/** Pure. `expired`: beyond the age; `live`: what count and size are applied to, taken to be all of one size. */
export function estimatedExpiry(expired: Tally, live: Tally, policy: RetentionPolicy): Expiry {
  const { max_records, max_total_bytes } = policy;
  const size = live.records === 0 ? 0 : live.bytes / live.records;
  const byCount = max_records === null ? 0 : Math.max(0, live.records - max_records);
  const left = live.bytes - byCount * size;
  const over = max_total_bytes === null ? 0 : Math.max(0, left - max_total_bytes);
  const bySize = size === 0 ? 0 : over / size;
  const by = {
    age: Math.round(expired.records),
    count: Math.round(byCount),
    size: Math.round(bySize),
  };
  return {
    records: by.age + by.count + by.size,
    bytes: Math.round(expired.bytes + byCount * size + over),
    by,
  };
}

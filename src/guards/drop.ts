// Reads from the report of a plan which share of the records would go.
import type { CompactionReport } from '../report/report.js';
import type { OddLines } from '../retention/policy.js';
import type { Drop } from './doubt.js';

/** null: the backend does not tell. Unreadable lines that go count like records; where nobody counted, bytes do. */
export function dropOf(
  { records, bytes, policy }: CompactionReport,
  { now, unreadable: odd }: Pick<OddLines, 'unreadable'> & { now: number },
): Omit<Drop, 'times'> | null {
  const { scanned, dropped, dropped_by: by } = records;
  const discarded = odd === 'drop' ? (records.unreadable ?? 0) : 0;
  const all = scanned === null ? null : scanned + discarded;
  const share = all === null ? ratio(bytes.reclaimed, bytes.before) : ratio(add(dropped, discarded), all); // prettier-ignore
  if (share === null) return null;
  const of = (limit: number | null, taken: number | null) =>
    limit === null ? 0 : (ratio(taken, all) ?? share);
  return {
    now,
    policy,
    records: scanned,
    bytes: bytes.before,
    share,
    by: {
      age: of(policy.max_age_seconds, by.age),
      count: of(policy.max_records, by.count),
      size: of(policy.max_total_bytes, by.size),
    },
  };
}

function add(one: number | null, other: number): number | null {
  return one === null ? null : one + other;
}

function ratio(part: number | null, whole: number | null): number | null {
  if (part === null || whole === null) return null;
  return whole === 0 ? 0 : part / whole;
}

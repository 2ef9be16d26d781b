// The result of a scan: what is in a store, and what is wrong with it.
import type { Anomalies } from './anomalies.js';

/** What a scan found, and the document of `persistence scan --json`. */
export interface ScanReport {
  schema: 'papyra.scan/v1';
  /** `no_op`: nothing outside the runtime's process; `best_effort`: a custom backend that cannot be scanned, or did not say. */
  status: 'clean' | 'anomalies' | 'no_op' | 'best_effort';
  backend: string;
  target: string | null;
  started_at: string;
  duration_ms: number;
  /** `scanned`: readable records; `undated` of them have no timestamp. null: not known. */
  records: { scanned: number | null; undated: number | null };
  /** `scanned`: bytes of the store; `anomalous`: of them those that recovery would remove. */
  bytes: { scanned: number | null; anomalous: number | null };
  /** Files, or streams, that were read. */
  parts: { name: string; records: number; bytes: number; anomalies: number }[];
  anomalies: Anomalies;
  /** What the store looks like that is no log at all, such as `gzip`; null: it is one, or may be. */
  form: string | null;
  /** The command to type next; null: none is needed, or none would help. */
  next: string | null;
  warnings: string[];
}

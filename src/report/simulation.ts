// Defines the document of a simulation: what would stay of a store under a handful of limits.
import type { RetentionPolicy } from '../retention/policy.js';

/** What stays under the policy in force, or under that policy with one limit changed. */
export interface SimulatedLimit {
  /** null: the policy in force as it is. */
  limit: keyof RetentionPolicy | null;
  /** Seconds, records or bytes. */
  value: number | null;
  /** What a dry run of the same takes: `--max-age 3d`; an empty text for the policy in force. */
  flag: string;
  /** It is what is in force. */
  in_force: boolean;
  /** Exactly what the dry run says; else about, from the times of blocks of a megabyte. */
  exact: boolean;
  /** `records.kept` and `bytes.after` of the dry run; of Redis, bytes of data. */
  kept_records: number;
  kept_bytes: number;
  /** `records.dropped` and `bytes.reclaimed` of the dry run; of Redis, bytes of data. */
  dropped_records: number;
  dropped_bytes: number;
  /** Of the bytes of the store. */
  dropped_percent: number;
  /** ISO 8601, UTC, whole seconds: the oldest dated record that stays; null: none does. */
  oldest_kept: string | null;
}

/** What a backend can tell by itself. */
export interface StoreSimulation {
  /** `index`: the index of the last run was read in place of most of the log; `scan`, `entries`: all of the store was. */
  source: 'index' | 'scan' | 'entries';
  /** Readable records, and bytes of the store; of Redis, bytes of data. */
  records: number;
  bytes: number;
  /** Bytes that were read. */
  bytes_read: number;
  /** ISO 8601, UTC, whole seconds: the oldest and the newest dated record; null: there is none. */
  oldest: string | null;
  newest: string | null;
  limits: SimulatedLimit[];
  warnings: string[];
}

/** What `compact --dry-run --simulate` found, and the document of its `--json`. */
export interface SimulationReport extends StoreSimulation {
  schema: 'papyra.simulation/v1';
  backend: string;
  target: string | null;
  /** ISO 8601, UTC. */
  started_at: string;
  duration_ms: number;
  policy: RetentionPolicy;
}

/** A simulation of a store in which nothing is. */
export function blankSimulation(
  source: StoreSimulation['source'],
  warnings: string[],
): StoreSimulation {
  return {
    source,
    records: 0,
    bytes: 0,
    bytes_read: 0,
    oldest: null,
    newest: null,
    limits: [],
    warnings,
  };
}

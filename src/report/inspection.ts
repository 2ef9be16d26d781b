// The result of an inspection: what is in a store, what fills it, and what would go now.
import type { CompactionReport } from './report.js';
import type { RetentionPolicy } from '../retention/policy.js';

/** A consumer group of a Redis stream. */
export interface InspectedGroup {
  name: string;
  consumers: number;
  /** Entries that were given out and are not acknowledged. */
  pending: number;
  /** Entries that the group has not been given yet; null: the server does not know. */
  lag: number | null;
}

/** A file, or a Redis stream. */
export interface InspectedPart {
  /** The name of the file, or the key of the stream. */
  name: string;
  /** Readable records; of a stream, all entries. null: not known. */
  records: number | null;
  /** Size of the file; of a stream, bytes of data. */
  bytes: number | null;
  /** Bytes that it takes on the disk, or in the memory of Redis; null: not known. */
  allocated: number | null;
  /** ISO 8601, UTC: the oldest and the newest time of a record that was read; null: none. */
  oldest: string | null;
  newest: string | null;
  /** Of a stream. */
  groups?: InspectedGroup[];
}

/** Readable records of one kind: `other` is what is none of the three. */
export interface InspectedKind {
  kind: 'event' | 'audit' | 'dead_letter' | 'other';
  records: number;
  /** Of lines with their newline; of Redis, of data. */
  bytes: number;
  /** ISO 8601, UTC; null: none is dated. */
  oldest: string | null;
  newest: string | null;
}

/** Records with one name in common. */
export interface TopGroup {
  /** null: the records have none; with `by` actor, of any kind. */
  kind: string | null;
  /** The kind, type or actor itself; null: the records have no such field. */
  name: string | null;
  records: number;
  bytes: number;
  /** Of the bytes of all readable records. */
  share_percent: number;
  /** By which it grows; null: the time is too short to say. */
  bytes_per_day: number | null;
  /** There were too many names to remember: so many bytes more it may be; else 0. */
  missed_bytes: number;
}

/** What fills a store. */
export interface Top {
  by: 'kind' | 'type' | 'actor';
  /** The largest first, by bytes. */
  groups: TopGroup[];
  /** All that is not listed. */
  others: Pick<TopGroup, 'records' | 'bytes' | 'share_percent' | 'bytes_per_day'>;
  /** How many names there are in what was read; null: too many to remember. */
  names: number | null;
  /** The days before the newest record from which `bytes_per_day` is taken; null: too short to say. */
  growth_days: number | null;
}

/** A file that a killed run, or the runtime's own maintenance, left beside a log. */
export interface Leftover {
  name: string;
  /** ISO 8601, UTC. */
  changed: string;
  of: 'papyra' | 'runtime';
}

/** What an inspection found, and the document of `persistence inspect --json`. */
export interface InspectionReport {
  schema: 'papyra.inspection/v1';
  /** `no_op`: nothing outside the runtime's process; `best_effort`: a custom backend, which tells little. */
  status: 'inspected' | 'no_op' | 'best_effort';
  backend: string;
  target: string | null;
  /** ISO 8601, UTC. */
  started_at: string;
  duration_ms: number;
  policy: RetentionPolicy;
  /**
   * null: everything was read, and all numbers are exact. Else what was read, and `records`, `expired`, `top`, and the
   * records of parts are estimates, scaled up by bytes; of Redis, by entries.
   */
  sample: {
    /** `bytes`, or `entries` of Redis. */
    unit: 'bytes' | 'entries';
    read: number;
    total: number;
    share_percent: number;
    /** How it was taken, in words. */
    how: string;
  } | null;
  records: {
    /** Readable records, `undated` among them; null: not known. */
    total: number | null;
    undated: number | null;
    /** Lines or entries that are no record. */
    unreadable: number | null;
    /** Dated more than a day ahead. */
    future: number | null;
    /** ISO 8601, UTC; null: none is dated. */
    oldest: string | null;
    newest: string | null;
    by_kind: InspectedKind[];
  };
  bytes: {
    /** Size of the files; of Redis, bytes of data. */
    total: number | null;
    /** Bytes on the disk, or in the memory of Redis. */
    allocated: number | null;
    /** Behind the last newline: a line that a writer is in the middle of, or that was torn. */
    unterminated: number | null;
  };
  /** What a compaction would remove now, and which limit takes it; null: not known. */
  expired: {
    records: number | null;
    /** null: not known before it is done. */
    bytes: number | null;
    by: { age: number | null; count: number | null; size: number | null };
  } | null;
  parts: InspectedPart[];
  top: Top | null;
  leftovers: Leftover[];
  /** The report of the last compaction that did not fail; null: there is none, or it is not known. */
  last_compaction: CompactionReport | null;
  warnings: string[];
}

/** What a backend can tell by itself. */
export type StoreInspection = Pick<
  InspectionReport,
  'status' | 'sample' | 'records' | 'bytes' | 'expired' | 'parts' | 'top' | 'leftovers' | 'warnings'
>;

/** An inspection that knows nothing yet. */
export function blankInspection(
  status: InspectionReport['status'],
  warnings: string[],
): StoreInspection {
  return {
    status,
    sample: null,
    records: {
      total: null,
      undated: null,
      unreadable: null,
      future: null,
      oldest: null,
      newest: null,
      by_kind: [],
    },
    bytes: { total: null, allocated: null, unterminated: null },
    expired: null,
    parts: [],
    top: null,
    leftovers: [],
    warnings,
  };
}

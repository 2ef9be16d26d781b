// What is asked of a store that lists its records, and what it answers.
import type { RecordKind, Wanted } from '../records/record-filter.js';
import type { RetentionRules } from '../retention/policy.js';

export interface RecordsRequest {
  wanted: Wanted;
  /** What these rules have expired is not listed. */
  rules: RetentionRules;
  /** The newest so many of those that are wanted; undefined: all of them. */
  limit?: number | undefined;
  newestFirst: boolean;
  /** Goes on with what is appended, until the signal ends it. */
  follow: boolean;
  /** The archives of this store in a directory, in order: they are listed before it; undefined: none. */
  archive?: { directory: string; files: readonly string[] } | undefined;
  signal?: AbortSignal | undefined;
  /** Told what the operator should know. */
  onWarning: (warning: string) => void;
}

/** A record as it is listed. */
export interface StoredRecord {
  kind: RecordKind;
  /** Seconds since 1970; NaN: it has none. */
  timestamp: number;
  /** The record's bytes as they are stored, without a newline; valid until the next records are asked for. */
  bytes: Buffer;
}

/** Records in the order in which they are listed, some at a time. */
export type RecordBatches = AsyncGenerator<StoredRecord[]>;

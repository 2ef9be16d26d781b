// The summary of a store: how many records of each kind retention shows, and what the last audit said.
import type { RetentionPolicy } from '../retention/policy.js';

/** The records of one kind. */
export interface KindSummary {
  kind: 'event' | 'audit' | 'dead_letter';
  records: number;
  /** Bytes of their JSON, without newlines. */
  bytes: number;
  /** ISO 8601, UTC: of the oldest and the newest dated record; null: there is none. */
  oldest: string | null;
  newest: string | null;
  /** The most frequent types: class names of events, types of the messages in dead letters. */
  types: { type: string; records: number }[];
}

/** What the last audit said; null: it did not say. */
export interface AuditSummary {
  /** Seconds since 1970. */
  timestamp: number | null;
  total_actors: number | null;
  alive_actors: number | null;
  stopping_actors: number | null;
  restarting_actors: number | null;
  dead_letters_count: number | null;
}

/** The document of `inspect summary --json`. */
export interface InspectSummary {
  schema: 'papyra.summary/v1';
  backend: string;
  target: string | null;
  /** What it hides is not counted. */
  policy: RetentionPolicy;
  records: number;
  bytes: number;
  kinds: KindSummary[];
  /** null: there is none. */
  latest_audit: AuditSummary | null;
  warnings: string[];
}

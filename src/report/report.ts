// Defines the report of a compaction, which is also the document of `--json`.
import type { RetentionPolicy } from '../retention/policy.js';

/**
 * How a compaction ended.
 *
 * - `compacted`: expired records were removed;
 * - `nothing_to_do`: nothing had expired, the storage was not touched;
 * - `dry_run`: what would have been done; nothing was;
 * - `no_op`: the backend has nothing outside the runtime to compact;
 * - `best_effort`: a custom backend was called and reported nothing;
 * - `stopped`: the time limit of the run was reached, the next run goes on;
 * - `partial`: a part failed, the others are done.
 */
export type CompactionStatus =
  'compacted' | 'nothing_to_do' | 'dry_run' | 'no_op' | 'best_effort' | 'stopped' | 'partial';

export type PartAction =
  'rewritten' | 'removed' | 'emptied' | 'unchanged' | 'trimmed' | 'collapsed';

/** One segment of a rotating set, one Redis stream, or the one file. */
export interface CompactionPart {
  name: string;
  scanned: number | null;
  kept: number | null;
  dropped: number | null;
  bytes_before: number | null;
  bytes_after: number | null;
  action: PartAction;
  /** ISO 8601, of a segment or stream: the oldest and the newest dated record; null: there is none. */
  oldest?: string | null;
  newest?: string | null;
  /** Milliseconds that it took; of a stream. */
  duration_ms?: number;
  /** What holds a part that could not be dropped, and the remedy. */
  pinned_by?: string;
}

/** What a run was asked to free, and how it does. */
export interface Freeing {
  /** Bytes of disk (Redis: of memory) that were asked for. */
  bytes: number;
  /** Nothing younger than so many seconds goes. */
  min_age_seconds: number;
  /** The way that was chosen, and why, in words. */
  way: string;
}

/**
 * The report of a compaction, and the document of `--json`. Numbers are records, bytes, milliseconds
 * or seconds as their names say; null is a number that the backend does not know.
 */
export interface CompactionReport {
  schema: 'papyra.compaction/v1';
  status: CompactionStatus;
  /** `json`, `rotating`, `redis`, `memory`, or the name that a custom backend gives itself. */
  backend: string;
  /** What was compacted: the real path of a log, server and systems; null where there is nothing to name. */
  target: string | null;
  /** ISO 8601, UTC. */
  started_at: string;
  duration_ms: number;
  policy: RetentionPolicy;
  /** Only of a run that frees space (`--free`), to which the policy did not apply. */
  freeing?: Freeing;
  /** `scanned = kept + dropped`, over readable records. */
  records: {
    scanned: number | null;
    kept: number | null;
    dropped: number | null;
    dropped_by: Record<'age' | 'count' | 'size' | 'free', number | null>;
    /** Expired, but still there until a later run. */
    expired_left: number | null;
    /** Lines that are not JSON objects. */
    unreadable: number | null;
    /** Records without a finite numeric `timestamp`. */
    undated: number | null;
    /** Arrived after the plan was made, and were carried over untouched. */
    appended: number | null;
  };
  /** `before` and `after` leave out what was appended meanwhile. */
  bytes: {
    before: number | null;
    after: number | null;
    reclaimed: number | null;
    /**
     * Of file stores: what the store takes less on the disk, measured in blocks; in a dry run what that will come
     * to. null: not known before it is done, because the log has holes.
     */
    reclaimed_on_disk?: number | null;
    appended: number | null;
  };
  files: {
    scanned: number | null;
    rewritten: number | null;
    removed: number | null;
    unchanged: number | null;
  };
  parts: CompactionPart[];
  /** Where the dropped records went; null when they were not archived. */
  archive: string | null;
  /** What the operator should know, one sentence each. */
  warnings: string[];
}

/** A report that knows nothing yet: every number null. */
export function blankReport(
  fields: Pick<CompactionReport, 'status' | 'backend' | 'target' | 'policy'> & {
    startedAt: number;
  },
): CompactionReport {
  const { startedAt, ...known } = fields;
  return {
    schema: 'papyra.compaction/v1',
    ...known,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
    records: {
      scanned: null,
      kept: null,
      dropped: null,
      dropped_by: { age: null, count: null, size: null, free: null },
      expired_left: null,
      unreadable: null,
      undated: null,
      appended: null,
    },
    bytes: { before: null, after: null, reclaimed: null, appended: null },
    files: { scanned: null, rewritten: null, removed: null, unchanged: null },
    parts: [],
    archive: null,
    warnings: [],
  };
}

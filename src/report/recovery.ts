// The result of a recovery: what was removed, from where, and what is still wrong.
import type { Anomalies } from './anomalies.js';

export type RecoveryMode = 'repair' | 'quarantine';

/**
 * What became of a file or stream: `rewritten` without some lines; `cut`: its torn end was removed in place; `terminated`:
 * its last record got its newline in place; `deleted`: entries were deleted from a stream; `moved` to quarantine.
 */
export type RecoveryAction = 'rewritten' | 'cut' | 'terminated' | 'deleted' | 'moved' | 'unchanged';

export interface RecoveryPart {
  /** The name of the file, or the key of the stream. */
  name: string;
  action: RecoveryAction;
  /** Lines or entries that were removed, and their bytes. */
  removed: number;
  bytes_removed: number;
}

/** What a recovery did, and the document of `persistence recover --json`. */
export interface RecoveryReport {
  schema: 'papyra.recovery/v1';
  /** `recovered`: something was mended; `clean`: there was nothing to mend; `partial`: some parts failed. */
  status: 'recovered' | 'clean' | 'dry_run' | 'partial' | 'stopped' | 'no_op' | 'best_effort';
  mode: RecoveryMode;
  backend: string;
  target: string | null;
  started_at: string;
  duration_ms: number;
  /** Readable records: all of them stay. `appended`: whole lines that arrived meanwhile; null: not known. */
  records: { kept: number | null; removed_lines: number | null; appended: number | null };
  bytes: { before: number | null; removed: number | null; appended: number | null };
  parts: RecoveryPart[];
  /** Where what was removed is: a file, or the keys of streams; null: nowhere. */
  quarantine: string | null;
  anomalies: {
    /** What was found, and would be mended or is. */
    found: Anomalies;
    /** What is still wrong afterwards. */
    remaining: Anomalies;
  };
  warnings: string[];
}

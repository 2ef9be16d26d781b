// Defines the documents of `archive list`, `verify`, `restore` and `prune`.

/**
 * - `listed`: it is there, with its manifest; its content was not looked at.
 * - `sound`: its content is what the manifest says.
 * - `no_manifest`: it can be read to its end, but nothing says what should be in it: an earlier version of papyra
 *   wrote it, or a run was killed before it wrote the manifest, and so before it dropped anything.
 * - `missing`: its manifest is there, and it is not.
 * - `damaged`: it, or its manifest, was changed or cut off.
 * - `unreadable`: this user or this Node cannot read it.
 */
export type ArchiveState =
  'listed' | 'sound' | 'no_manifest' | 'missing' | 'damaged' | 'unreadable';

/** An archive. null: what nothing tells. */
export interface ArchiveEntry {
  file: string;
  /** The base name of the log, or the prefix of the streams. */
  store: string;
  /** Tells stores of the same name apart. */
  store_id: string | null;
  backend: string | null;
  host: string | null;
  target: string | null;
  run: string;
  /** ISO 8601, UTC; of one without a manifest, when its run began. */
  written_at: string | null;
  records: number | null;
  /** ISO 8601, UTC: the oldest and the newest record in it. */
  oldest: string | null;
  newest: string | null;
  /** Uncompressed. */
  bytes: number | null;
  /** As it is stored. */
  file_bytes: number | null;
  compression: 'gzip' | 'zstd';
  sha256: string | null;
  state: ArchiveState;
  /** What is wrong with it, or odd, one sentence each. */
  notes: string[];
}

interface ArchiveDocument {
  /** Empty: the store is one of many, and its records are not archived. */
  directory: string;
  /** What the operator should know, one sentence each. */
  warnings: string[];
}

/** The document of `archive list --json`. */
export interface ArchiveList extends ArchiveDocument {
  schema: 'papyra.archive-list/v1';
  /** By store, those of the oldest run first. */
  archives: ArchiveEntry[];
  /** Temporary files of runs that were killed, or are at work. */
  leftovers: string[];
}

/** The document of `archive verify --json`. */
export interface ArchiveVerification extends ArchiveDocument {
  schema: 'papyra.archive-verification/v1';
  /** `damaged`: an archive is damaged, missing or unreadable. */
  status: 'sound' | 'damaged';
  archives: ArchiveEntry[];
  /** Runs of which neither archive nor manifest is there, though archives of earlier and later runs are. */
  gaps: { store: string; run: string; named_by: string }[];
  leftovers: string[];
  duration_ms: number;
}

/** The document of `archive restore --json`. */
export interface ArchiveRestoration extends ArchiveDocument {
  schema: 'papyra.archive-restoration/v1';
  store: string;
  store_id: string | null;
  /** The file that was made; `-`: stdout. */
  to: string;
  records: number;
  bytes: number;
  archives: number;
  /** Records that a run that was killed left in two archives, or in an archive and in the store: taken once. */
  repeated: number;
  /** Archives that were left out, and why. */
  skipped: { file: string; reason: string }[];
  duration_ms: number;
}

/** The document of `archive prune --json`. */
export interface ArchivePruning extends ArchiveDocument {
  schema: 'papyra.archive-pruning/v1';
  status: 'pruned' | 'nothing_to_do' | 'dry_run';
  max_age_seconds: number;
  removed: ArchiveEntry[];
  kept: number;
  /** Bytes that the removed archives took. */
  freed_bytes: number;
}

// The vocabulary of anomalies, the runtime's own words, and how many of each there are.

/** What can be wrong with a store. */
export const ANOMALY_KINDS = [
  /** Bytes after the last newline that nobody is writing any more. */
  'TRUNCATED_LINE',
  /** A complete line that is not a JSON object; a stream entry without a readable `data`. */
  'CORRUPTED_LINE',
  /** A file that cannot be read to its end. */
  'PARTIAL_WRITE',
  /** A rotated file with an index that the set cannot have. */
  'ORPHANED_ROTATED_FILE',
  /** Another file whose name begins with the log's. */
  'UNEXPECTED_FILE',
] as const;

export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

/** One anomaly, and where it is. What a backend has no such thing of is null. */
export interface Anomaly {
  kind: AnomalyKind;
  /** The path of the file. */
  file: string | null;
  /** The key of the stream. */
  stream: string | null;
  /** The number of the line in its file; the first line is 1. */
  line: number | null;
  /** The id of the stream entry. */
  id: string | null;
  /** Where the bytes begin in the file. */
  offset: number | null;
  /** How many bytes are affected; of a stream entry, those of its fields. */
  bytes: number | null;
  /** What is wrong, in a few words. */
  detail: string;
  /** The beginning of the bytes, at most 80 characters, control characters escaped; empty for whole files. */
  excerpt: string;
}

/** How many anomalies of each kind. */
export type AnomalyCounts = Record<AnomalyKind, number>;

/** All anomalies counted, the first of them listed. */
export interface Anomalies {
  total: number;
  by_kind: AnomalyCounts;
  listed: Anomaly[];
}

/** Counts anomalies, and keeps the first `limit` of them. */
export class AnomalyList implements Anomalies {
  total = 0;
  readonly by_kind = Object.fromEntries(ANOMALY_KINDS.map((kind) => [kind, 0])) as AnomalyCounts;
  readonly listed: Anomaly[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether the next one will be listed: else its place and excerpt need not be looked for. */
  get hasRoom(): boolean {
    return this.listed.length < this.#limit;
  }

  add(anomaly: Anomaly): void {
    if (this.hasRoom) this.listed.push(anomaly);
    this.count(anomaly.kind, 1);
  }

  /** Counts some that are not listed. */
  count(kind: AnomalyKind, anomalies: number): void {
    this.total += anomalies;
    this.by_kind[kind] += anomalies;
  }
}

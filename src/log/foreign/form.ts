// What a file can be instead of a log of the runtime.

/** Forms in which no line, or hardly one, is a record. */
export type FileForm =
  | 'gzip'
  | 'zstd'
  | 'bzip2'
  | 'xz'
  | 'lz4'
  | 'zip'
  | 'tar'
  | 'sqlite'
  | 'parquet'
  | 'redis_dump'
  | 'utf16'
  | 'utf16le'
  | 'utf16be'
  | 'json_array'
  | 'json_document'
  | 'json_over_lines'
  | 'csv'
  | 'text'
  | 'binary';

export type TimeUnit = 'milliseconds' | 'microseconds' | 'nanoseconds';

/**
 * What a file looks like. A `file` is no log at all. The others have lines that are records: behind a byte order
 * `mark`; with timestamps in another `unit` than seconds; or whose time is a `text`, or a number that stands under
 * another `key` than `timestamp`.
 */
export type ForeignForm =
  | { kind: 'file'; form: FileForm }
  | { kind: 'mark' }
  | { kind: 'unit'; unit: TimeUnit }
  | { kind: 'text'; key: string }
  | { kind: 'key'; key: string };

/** What a file is, when it is no log of the runtime. */
export interface Foreign {
  form: ForeignForm;
  /** What a message says after the name of the file: `looks like gzip`. */
  looks: string;
  /** What follows from it, or what to do. */
  remedy: string;
}

/** Whether its lines are no damage, so that a recovery would destroy what is whole. */
export function isNoLog({ form }: Foreign): boolean {
  return form.kind === 'file' || form.kind === 'mark';
}

/** One sentence: what a file looks like, and what to do. `name`: safe to print. */
export function foreignWarning(name: string, { looks, remedy }: Foreign): string {
  return `${name} ${looks}: ${remedy}`;
}

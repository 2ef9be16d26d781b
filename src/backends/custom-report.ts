// Builds a report from what a custom backend returned, and rejects values that a report cannot have.
import { PapyraError } from '../errors/errors.js';
import type { CompactionReport, CompactionStatus, PartAction } from '../report/report.js';

/** A report of which a custom backend fills in what it knows. */
export interface PartialReport extends Partial<
  Pick<CompactionReport, 'status' | 'target' | 'parts' | 'archive' | 'warnings'>
> {
  records?: Partial<Omit<CompactionReport['records'], 'dropped_by'>> & {
    dropped_by?: Partial<CompactionReport['records']['dropped_by']>;
  };
  bytes?: Partial<CompactionReport['bytes']>;
  files?: Partial<CompactionReport['files']>;
}

const STATUSES: Record<CompactionStatus, true> = {
  compacted: true,
  nothing_to_do: true,
  dry_run: true,
  no_op: true,
  best_effort: true,
  stopped: true,
  partial: true,
};

const ACTIONS: Record<PartAction, true> = {
  rewritten: true,
  removed: true,
  emptied: true,
  unchanged: true,
  trimmed: true,
  collapsed: true,
};

const PART = { scanned: null, kept: null, dropped: null, bytes_before: null, bytes_after: null };

/**
 * Fields that a report does not have are ignored.
 *
 * @throws {PapyraError} `io_error` naming module and field when a value is not what a report has there.
 */
export function reportOf(
  given: unknown,
  blank: CompactionReport,
  module: string,
): CompactionReport {
  const wrong = wrongIn(module);
  const root = objectAt(given, 'report', wrong);
  const records = objectAt(root['records'] ?? {}, 'records', wrong);
  const by = objectAt(records['dropped_by'] ?? {}, 'records.dropped_by', wrong);
  const { dropped_by: byBlank, ...counts } = blank.records;
  return {
    ...blank,
    status: statusOf(root['status'], blank.status, wrong),
    target: textOf(root['target'], 'target', wrong) ?? blank.target,
    parts: listOf(root['parts'], 'parts', wrong).map((part, at) => partOf(part, at, wrong)),
    archive: textOf(root['archive'], 'archive', wrong),
    warnings: listOf(root['warnings'], 'warnings', wrong).map((warning, at) =>
      textAt(warning, `warnings[${at}]`, wrong),
    ),
    records: {
      ...numbersOf(records, counts, 'records', wrong),
      dropped_by: numbersOf(by, byBlank, 'records.dropped_by', wrong),
    },
    bytes: withReclaimed(numbersAt(root['bytes'], blank.bytes, 'bytes', wrong)),
    files: numbersAt(root['files'], blank.files, 'files', wrong),
  };
}

export type Wrong = (field: string, allowed: string) => PapyraError;
export type Fields = Record<string, unknown>;

/** Names the field of a report that is not what a report has there. */
export function wrongIn(module: string): Wrong {
  return (field, allowed) =>
    new PapyraError('io_error', `backend module ${module} returned a wrong ${field}`, {
      hint: `allowed is ${allowed}; what the module did before, only it knows`,
    });
}

function withReclaimed(bytes: CompactionReport['bytes']): CompactionReport['bytes'] {
  const { before, after, reclaimed } = bytes;
  if (reclaimed !== null || before === null || after === null) return bytes;
  return { ...bytes, reclaimed: before - after };
}

export function objectAt(value: unknown, field: string, wrong: Wrong): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(field, 'an object');
}

export function numbersAt<T extends object>(
  value: unknown,
  blank: T,
  field: string,
  wrong: Wrong,
): T {
  return numbersOf(objectAt(value ?? {}, field, wrong), blank, field, wrong);
}

/** The numbers of the fields that `blank` has; null where one is not known. */
export function numbersOf<T extends object>(
  given: Fields,
  blank: T,
  field: string,
  wrong: Wrong,
): T {
  const known = Object.keys(blank).map((key) => [
    key,
    numberOf(given[key], `${field}.${key}`, wrong),
  ]);
  return Object.fromEntries(known) as T;
}

export function numberOf(value: unknown, field: string, wrong: Wrong): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(field, 'a number, or null when it is not known');
}

export function textAt(value: unknown, field: string, wrong: Wrong): string {
  if (typeof value === 'string') return value;
  throw wrong(field, 'a text');
}

export function textOf(value: unknown, field: string, wrong: Wrong): string | null {
  return value === undefined || value === null ? null : textAt(value, field, wrong);
}

export function listOf(value: unknown, field: string, wrong: Wrong): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw wrong(field, 'a list');
}

/** A dry run keeps its status whatever the module says. No other run can have it. */
function statusOf(value: unknown, known: CompactionStatus, wrong: Wrong): CompactionStatus {
  if (value === undefined || value === null) return known;
  const status = wordOf(value, STATUSES, 'status', wrong);
  if (known === 'dry_run') return known;
  if (status === 'dry_run') throw wrong('status', 'not dry_run, which was not asked for');
  return status;
}

export function wordOf<T extends string>(
  value: unknown,
  words: Record<T, true>,
  field: string,
  wrong: Wrong,
): T {
  if (typeof value === 'string' && Object.hasOwn(words, value)) return value as T;
  throw wrong(field, Object.keys(words).join(', '));
}

function partOf(value: unknown, at: number, wrong: Wrong): CompactionReport['parts'][number] {
  const field = `parts[${at}]`;
  const part = objectAt(value, field, wrong);
  const pinned = textOf(part['pinned_by'], `${field}.pinned_by`, wrong);
  return {
    name: textAt(part['name'], `${field}.name`, wrong),
    ...numbersOf(part, PART, field, wrong),
    action: wordOf(part['action'], ACTIONS, `${field}.action`, wrong),
    ...(pinned === null ? {} : { pinned_by: pinned }),
  };
}

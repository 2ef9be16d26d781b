// Checks what scan() and recover() of a custom backend module return, and lays it over an empty report.
import { excerptOf } from '../log/excerpt.js';
import {
  ANOMALY_KINDS,
  AnomalyList,
  type Anomalies,
  type Anomaly,
  type AnomalyCounts,
  type AnomalyKind,
} from '../report/anomalies.js';
import type { RecoveryAction, RecoveryPart, RecoveryReport } from '../report/recovery.js';
import type { ScanReport } from '../report/scan.js';
import {
  listOf,
  numberOf,
  numbersAt,
  objectAt,
  textAt,
  textOf,
  wordOf,
  wrongIn,
  type Fields,
  type Wrong,
} from './custom-report.js';

/** An anomaly of which a module fills in what it knows. */
export type PartialAnomaly = Pick<Anomaly, 'kind'> & Partial<Anomaly>;

/** How many anomalies there are, and some of them; or a list of all of them. */
export type PartialAnomalies =
  | readonly PartialAnomaly[]
  | { total?: number; by_kind?: Partial<AnomalyCounts>; listed?: readonly PartialAnomaly[] };

/** A scan of which a custom backend fills in what it knows. */
export interface PartialScan extends Partial<Pick<ScanReport, 'status' | 'target' | 'warnings'>> {
  records?: Partial<ScanReport['records']>;
  bytes?: Partial<ScanReport['bytes']>;
  parts?: { name: string; records?: number; bytes?: number; anomalies?: number }[];
  anomalies?: PartialAnomalies;
}

/** A recovery of which a custom backend fills in what it knows. */
export interface PartialRecovery extends Partial<
  Pick<RecoveryReport, 'status' | 'target' | 'quarantine' | 'warnings'>
> {
  records?: Partial<RecoveryReport['records']>;
  bytes?: Partial<RecoveryReport['bytes']>;
  parts?: (Pick<RecoveryPart, 'name' | 'action'> & Partial<RecoveryPart>)[];
  anomalies?: { found?: PartialAnomalies; remaining?: PartialAnomalies };
}

const SCAN_STATUSES: Record<ScanReport['status'], true> = {
  clean: true,
  anomalies: true,
  no_op: true,
  best_effort: true,
};

const RECOVERY_STATUSES: Record<RecoveryReport['status'], true> = {
  recovered: true,
  clean: true,
  dry_run: true,
  partial: true,
  stopped: true,
  no_op: true,
  best_effort: true,
};

const ACTIONS: Record<RecoveryAction, true> = {
  rewritten: true,
  cut: true,
  terminated: true,
  deleted: true,
  moved: true,
  unchanged: true,
};

const KINDS = Object.fromEntries(ANOMALY_KINDS.map((kind) => [kind, true])) as Record<
  AnomalyKind,
  true
>;

/**
 * Only fields of a report are taken. Without a status, the anomalies tell it; a store with anomalies is not clean,
 * whatever the module says.
 *
 * @throws {PapyraError} `io_error` naming module and field when a value is not what a report has there.
 */
export function scanOf(
  given: unknown,
  blank: Omit<ScanReport, 'next'>,
  limit: number,
  module: string,
): Omit<ScanReport, 'next'> {
  const wrong = wrongIn(module);
  const root = objectAt(given, 'report', wrong);
  const said = root['anomalies'] ?? null;
  const anomalies = anomaliesAt(said, 'anomalies', limit, wrong);
  const silent = said === null ? 'best_effort' : 'clean';
  const status = isGiven(root['status'])
    ? wordOf(root['status'], SCAN_STATUSES, 'status', wrong)
    : silent;
  return {
    ...blank,
    status: anomalies.total > 0 ? 'anomalies' : status,
    target: textOf(root['target'], 'target', wrong) ?? blank.target,
    duration_ms: Date.now() - Date.parse(blank.started_at),
    records: numbersAt(root['records'], blank.records, 'records', wrong),
    bytes: numbersAt(root['bytes'], blank.bytes, 'bytes', wrong),
    parts: listOf(root['parts'], 'parts', wrong).map((part, at) => scanPartOf(part, at, wrong)),
    anomalies,
    warnings: warningsOf(root, wrong),
  };
}

/** As `scanOf`. A dry run stays one whatever the module says; no other run can be one. */
export function recoveryOf(
  given: unknown,
  blank: RecoveryReport,
  limit: number,
  module: string,
): RecoveryReport {
  const wrong = wrongIn(module);
  const root = objectAt(given, 'report', wrong);
  const anomalies = objectAt(root['anomalies'] ?? {}, 'anomalies', wrong);
  const records = numbersAt(root['records'], blank.records, 'records', wrong);
  return {
    ...blank,
    status: recoveryStatusOf(root['status'], blank.status, records.removed_lines === 0, wrong),
    target: textOf(root['target'], 'target', wrong) ?? blank.target,
    duration_ms: Date.now() - Date.parse(blank.started_at),
    records,
    bytes: numbersAt(root['bytes'], blank.bytes, 'bytes', wrong),
    parts: listOf(root['parts'], 'parts', wrong).map((part, at) => recoveryPartOf(part, at, wrong)), // prettier-ignore
    quarantine: textOf(root['quarantine'], 'quarantine', wrong),
    anomalies: {
      found: anomaliesAt(anomalies['found'], 'anomalies.found', limit, wrong),
      remaining: anomaliesAt(anomalies['remaining'], 'anomalies.remaining', limit, wrong),
    },
    warnings: warningsOf(root, wrong),
  };
}

function recoveryStatusOf(
  value: unknown,
  known: RecoveryReport['status'],
  nothingRemoved: boolean,
  wrong: Wrong,
): RecoveryReport['status'] {
  const status = isGiven(value) ? wordOf(value, RECOVERY_STATUSES, 'status', wrong) : undefined;
  if (known === 'dry_run') return known;
  if (status === 'dry_run') throw wrong('status', 'not dry_run, which was not asked for');
  return status ?? (nothingRemoved ? 'clean' : known);
}

/** A count that is smaller than the list is not believed. */
function anomaliesAt(value: unknown, field: string, limit: number, wrong: Wrong): Anomalies {
  const root: Fields = Array.isArray(value)
    ? { listed: value }
    : objectAt(value ?? {}, field, wrong);
  const all = listOf(root['listed'], `${field}.listed`, wrong).map((anomaly, at) =>
    anomalyAt(anomaly, `${field}.listed[${at}]`, wrong),
  );
  const list = new AnomalyList(limit);
  for (const anomaly of all) list.add(anomaly);
  const said = countsAt(root['by_kind'], `${field}.by_kind`, wrong);
  for (const kind of ANOMALY_KINDS) list.count(kind, Math.max(0, said[kind] - list.by_kind[kind]));
  const total = numberOf(root['total'], `${field}.total`, wrong) ?? 0;
  return { total: Math.max(total, list.total), by_kind: list.by_kind, listed: list.listed };
}

function anomalyAt(value: unknown, field: string, wrong: Wrong): Anomaly {
  const given = objectAt(value, field, wrong);
  const text = (key: string) => textOf(given[key], `${field}.${key}`, wrong);
  const number = (key: string) => numberOf(given[key], `${field}.${key}`, wrong);
  return {
    kind: wordOf(given['kind'], KINDS, `${field}.kind`, wrong),
    file: text('file'),
    stream: text('stream'),
    line: number('line'),
    id: text('id'),
    offset: number('offset'),
    bytes: number('bytes'),
    detail: text('detail') ?? '',
    excerpt: excerptOf(Buffer.from(text('excerpt') ?? '')),
  };
}

function countsAt(value: unknown, field: string, wrong: Wrong): AnomalyCounts {
  const given = objectAt(value ?? {}, field, wrong);
  const counts = ANOMALY_KINDS.map((kind) => [kind, numberOf(given[kind], `${field}.${kind}`, wrong) ?? 0]); // prettier-ignore
  return Object.fromEntries(counts) as AnomalyCounts;
}

function scanPartOf(value: unknown, at: number, wrong: Wrong): ScanReport['parts'][number] {
  const field = `parts[${at}]`;
  const part = objectAt(value, field, wrong);
  const number = (key: string) => numberOf(part[key], `${field}.${key}`, wrong) ?? 0;
  return {
    name: textAt(part['name'], `${field}.name`, wrong),
    records: number('records'),
    bytes: number('bytes'),
    anomalies: number('anomalies'),
  };
}

function recoveryPartOf(value: unknown, at: number, wrong: Wrong): RecoveryPart {
  const field = `parts[${at}]`;
  const part = objectAt(value, field, wrong);
  const number = (key: string) => numberOf(part[key], `${field}.${key}`, wrong) ?? 0;
  return {
    name: textAt(part['name'], `${field}.name`, wrong),
    action: wordOf(part['action'], ACTIONS, `${field}.action`, wrong),
    removed: number('removed'),
    bytes_removed: number('bytes_removed'),
  };
}

function warningsOf(root: Fields, wrong: Wrong): string[] {
  return listOf(root['warnings'], 'warnings', wrong).map((warning, at) =>
    textAt(warning, `warnings[${at}]`, wrong),
  );
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

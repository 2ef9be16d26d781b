// Makes reports of a scan and of a recovery that know nothing yet: every number null, no anomaly.
import { AnomalyList } from './anomalies.js';
import type { RecoveryReport } from './recovery.js';
import type { ScanReport } from './scan.js';

/** What a report says from the beginning. */
export interface ReportHead {
  backend: string;
  target: string | null;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** A scan that has found nothing. */
export function blankScan(
  status: ScanReport['status'],
  { startedAt, ...store }: ReportHead,
): Omit<ScanReport, 'next'> {
  return {
    schema: 'papyra.scan/v1',
    status,
    ...store,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
    records: { scanned: null, undated: null },
    bytes: { scanned: null, anomalous: null },
    parts: [],
    anomalies: new AnomalyList(0),
    form: null,
    warnings: [],
  };
}

/** A recovery that has done nothing. */
export function blankRecovery(
  { status, mode }: Pick<RecoveryReport, 'status' | 'mode'>,
  { startedAt, ...store }: ReportHead,
): RecoveryReport {
  return {
    schema: 'papyra.recovery/v1',
    status,
    mode,
    ...store,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
    records: { kept: null, removed_lines: null, appended: null },
    bytes: { before: null, removed: null, appended: null },
    parts: [],
    quarantine: null,
    anomalies: { found: new AnomalyList(0), remaining: new AnomalyList(0) },
    warnings: [],
  };
}

// Scans the files of a store, and reports what is wrong with them and beside them.
import { basename } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import type { ScanRequest } from '../backends/backend.js';
import { LineReader } from '../records/line-reader.js';
import { AnomalyList, type Anomaly } from '../report/anomalies.js';
import type { ScanReport } from '../report/scan.js';
import { plural } from '../units/units.js';
import { foreignWarning } from './foreign/form.js';
import type { OpenLog } from './open.js';
import { phasesOf } from './phases.js';
import { secondThread } from './scan.js';
import { scanFile, type FileScan } from './scan-file.js';
import { slowerWarning } from './slower.js';
import { FUTURE_SECONDS } from './totals.js';

/** The files to scan, oldest first, and what stands beside them. */
export interface FilesToScan {
  files: { log: OpenLog; path: string }[];
  neighbours: Anomaly[];
}

/** What was found, file by file. */
export interface FilesScan {
  scans: FileScan[];
  list: AnomalyList;
  warnings: string[];
}

/** Reads all files, one after the other. */
export async function scanFiles(
  { files, neighbours }: FilesToScan,
  request: ScanRequest,
): Promise<FilesScan> {
  const phases = phasesOf(request);
  const instants = { cutoff: -Infinity, horizon: Date.now() / 1000 + FUTURE_SECONDS };
  const reader = new LineReader(instants);
  const total = files.reduce((sum, { log }) => sum + log.stat.size, 0);
  const largest = Math.max(0, ...files.map(({ log }) => log.stat.size));
  const thread = request.limitRate === undefined ? await secondThread(largest) : undefined;
  const tick = phases('scan', total);
  const list = new AnomalyList(request.limit);
  try {
    const tools = { reader, instants, thread, tick, phases, signal: request.signal };
    const scans: FileScan[] = [];
    for (const { log, path } of files) scans.push(await scanFile(log, path, tools, list));
    for (const neighbour of neighbours) list.add(neighbour);
    const future = scans.reduce((sum, { lines }) => sum + lines.future, 0);
    const warnings = slowerWarning(reader);
    if (future > 0) warnings.push(`${plural(future, 'record')} dated more than a day ahead: is a clock or a unit wrong?`); // prettier-ignore
    for (const { path, foreign } of scans)
      if (foreign) warnings.push(foreignWarning(basename(path), foreign));
    return { scans, list, warnings };
  } finally {
    await thread?.stop();
  }
}

/** The document of a scan. */
export function scanReport(
  { backend, target, startedAt }: { backend: string; target: string; startedAt: number },
  { scans, list, warnings }: FilesScan,
): Omit<ScanReport, 'next'> {
  const sum = (of: (scan: FileScan) => number): number => scans.reduce((all, scan) => all + of(scan), 0); // prettier-ignore
  const { total, by_kind, listed } = list;
  return {
    schema: 'papyra.scan/v1',
    status: total === 0 ? 'clean' : 'anomalies',
    backend,
    target,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
    records: { scanned: sum(({ records }) => records), undated: sum(({ undated }) => undated) },
    bytes: { scanned: sum(bytesOf), anomalous: sum(({ anomalous }) => anomalous) },
    parts: scans.map((scan) => ({
      name: basename(scan.path),
      records: scan.records,
      bytes: bytesOf(scan),
      anomalies: scan.anomalies,
    })),
    anomalies: { total, by_kind, listed },
    form:
      scans.flatMap(({ foreign }) => (foreign?.form.kind === 'file' ? foreign.form.form : []))[0] ??
      null,
    warnings,
  };
}

export function bytesOf({ tail, log }: FileScan): number {
  return Math.max(tail.end, log.stat.size);
}

/** A log that changes under a scan is scanned again, this often. */
const ATTEMPTS = 3;

/** A compaction in place or a truncation may come between: then what was read is worth nothing. */
export async function patiently<T>(scan: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await scan();
    } catch (error) {
      const changed = error instanceof PapyraError && error.code === 'try_again';
      if (!changed || attempt === ATTEMPTS) throw error;
    }
  }
}

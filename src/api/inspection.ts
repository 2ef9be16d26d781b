// Inspects a store: what its backend tells, with its policy and its last compaction.
import type { Backend, InspectRequest } from '../backends/backend.js';
import { PapyraError } from '../errors/errors.js';
import type { MetricsReport } from '../metrics/report.js';
import {
  blankInspection,
  type InspectionReport,
  type StoreInspection,
} from '../report/inspection.js';
import { policyOf } from '../retention/policy.js';
import type { InspectOptions } from './call-options.js';
import { checkInspectOptions } from './call.js';
import type { Opened } from './compaction.js';

/** What an inspection found, with the counters over all compactions where they were asked for. */
export interface Inspection extends InspectionReport {
  metrics?: MetricsReport;
}

/** Groups that are listed when nobody says how many. */
const LIMIT = 10;

/** Looks at a store. Changes nothing and takes no lock. */
export async function inspect(
  { config, backend, metrics }: Opened,
  how: InspectOptions,
): Promise<Inspection> {
  checkInspectOptions(how);
  const startedAt = Date.now();
  const { full = false, by, limit = LIMIT, showMetrics = false, signal, onProgress } = how;
  const rules = { ...config.retention, now: startedAt / 1000, unreadable: 'keep', undated: 'keep' } as const; // prettier-ignore
  const request = { rules, full, by: by ?? null, limit, signal, onProgress };
  const found = backend.inspect
    ? await backend.inspect(request)
    : await asFarAsKnown(backend, request);
  const counted = await metrics.read().catch(expectedFailure);
  const warnings = [...found.warnings];
  if (counted instanceof PapyraError)
    warnings.push(`the metrics cannot be read: ${counted.message}`); // prettier-ignore
  else warnings.push(...counted.warnings);
  const { records, expired, sample } = found;
  if (sample === null && records.total && expired?.records === records.total) {
    warnings.push('nothing would be left: a compaction refuses that without --allow-empty');
  }
  const known = counted instanceof PapyraError ? undefined : counted;
  return {
    schema: 'papyra.inspection/v1',
    status: found.status,
    backend: backend.name,
    target: backend.target,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
    policy: policyOf(config.retention),
    sample,
    records,
    bytes: found.bytes,
    expired,
    parts: found.parts,
    top: found.top,
    leftovers: found.leftovers,
    last_compaction: known?.last_compaction ?? null,
    warnings,
    ...(showMetrics && known ? { metrics: known } : {}),
  };
}

function expectedFailure(error: unknown): PapyraError {
  if (error instanceof PapyraError && error.code !== 'interrupted') return error;
  throw error;
}

/** A custom backend can only be asked what it would remove: it reads its store for that, so only when all is to be read. */
async function asFarAsKnown(
  backend: Backend,
  { full, rules, signal, onProgress }: InspectRequest,
): Promise<StoreInspection> {
  const blank = blankInspection('best_effort', [
    `the custom backend ${backend.name} cannot be inspected: ${full ? 'what its dry run tells is all that is known' : 'with --full it is asked for a dry run'}`,
  ]);
  if (!full) return blank;
  const never = { allowEmpty: true, inPlace: false, offline: false, lockWaitMs: 0 };
  const plan = await backend.plan({ rules, dryRun: true, signal, onProgress, ...never });
  await plan.close();
  const { records, bytes, parts, warnings } = plan.report;
  const { age, count, size } = records.dropped_by;
  return {
    ...blank,
    records: {
      ...blank.records,
      total: records.scanned,
      undated: records.undated,
      unreadable: records.unreadable,
    },
    bytes: { ...blank.bytes, total: bytes.before },
    expired: { records: records.dropped, bytes: bytes.reclaimed, by: { age, count, size } },
    parts: parts.map(({ name, scanned, bytes_before, oldest = null, newest = null }) => ({
      name,
      records: scanned,
      bytes: bytes_before,
      allocated: null,
      oldest,
      newest,
    })),
    warnings: [...blank.warnings, ...warnings],
  };
}

// Makes the report of a recovery from what became of each stream.
import { PapyraError } from '../../errors/errors.js';
import { AnomalyList } from '../../report/anomalies.js';
import { blankRecovery } from '../../report/blank.js';
import type { RecoveryMode, RecoveryReport } from '../../report/recovery.js';
import type { Deletion } from './delete-corrupted.js';
import { failureOf } from './failed-parts.js';
import { isBefore } from './ids.js';
import { quarantineKey } from './quarantine.js';
import { anomaliesOf, sumOf, type Readings, type StreamReading } from './read-streams.js';

/** What became, or would become, of a stream. */
export interface StreamEnd extends Omit<Deletion, 'failure'> {
  reading: StreamReading;
  /** Entries that arrived meanwhile; null: not known. */
  appended: number | null;
}

export interface RecoveryHead {
  target: string;
  mode: RecoveryMode;
  /** So many anomalies are listed. */
  limit: number;
  startedAt: number;
  warnings: string[];
}

export function recoveryReport(
  { target, mode, limit, startedAt, warnings }: RecoveryHead,
  ends: readonly StreamEnd[],
): RecoveryReport {
  const streams = ends.map(({ reading }) => reading);
  return {
    ...blankRecovery({ status: 'dry_run', mode }, { backend: 'redis', target, startedAt }),
    records: {
      kept: sumOf(streams, ({ records }) => records),
      removed_lines: sumOf(ends, ({ removed }) => removed),
      appended: ends.reduce<number | null>(
        (all, { appended }) => (all === null || appended === null ? null : all + appended),
        0,
      ),
    },
    bytes: {
      before: sumOf(streams, ({ bytes }) => bytes),
      removed: sumOf(ends, ({ bytesRemoved }) => bytesRemoved),
      appended: null,
    },
    parts: ends.map(({ reading, removed, bytesRemoved }) => ({
      name: reading.key,
      action: removed === 0 ? 'unchanged' : 'deleted',
      removed,
      bytes_removed: bytesRemoved,
    })),
    quarantine: mode === 'quarantine' ? keysOf(ends) : null,
    anomalies: {
      found: anomaliesOf(streams, limit),
      remaining: remainingOf(ends, limit),
    },
    warnings: [...warnings],
  };
}

/** Corrupted entries that are still there: they are deleted in order, so they are those behind the last that went. */
function remainingOf(ends: readonly StreamEnd[], limit: number): AnomalyList {
  const remaining = new AnomalyList(limit);
  for (const { reading, done, through } of ends) {
    const left = reading.anomalies.total - done;
    const listed = reading.anomalies.listed.filter(({ id }) => left > 0 && (through === undefined || isBefore(through, id!))); // prettier-ignore
    for (const anomaly of listed) remaining.add(anomaly);
    remaining.count('CORRUPTED_LINE', left - listed.length);
  }
  return remaining;
}

/** So many keys are named. */
const MOST_KEYS = 10;

function keysOf(ends: readonly StreamEnd[]): string | null {
  const keys = ends.flatMap(({ reading, removed }) => removed > 0 ? quarantineKey(reading.key) : []); // prettier-ignore
  if (keys.length === 0) return null;
  const more = keys.length - MOST_KEYS;
  return `${keys.slice(0, MOST_KEYS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * A store of which much would go is more likely of another kind than damaged.
 *
 * @returns `refused`; undefined: it is within what may go.
 */
export function tooMuch(
  target: string,
  streams: readonly StreamReading[],
  maxDrop: number,
): PapyraError | undefined {
  const bytes = sumOf(streams, ({ bytes }) => bytes);
  const going = sumOf(streams, ({ anomalousBytes }) => anomalousBytes);
  if (going <= maxDrop * bytes) return undefined;
  const entries = sumOf(streams, ({ records, anomalies }) => records + anomalies.total);
  const corrupted = sumOf(streams, ({ anomalies }) => anomalies.total);
  const percent = (share: number) => `${Math.round(1000 * share) / 10}%`;
  return new PapyraError(
    'refused',
    `${corrupted} of ${entries} entries of ${target} would go, ${going} of ${bytes} bytes (${percent(going / bytes)}): more than --max-drop allows (${percent(maxDrop)})`,
    {
      hint: `look at them with papyra persistence scan: they may not be the runtime's; if it is right, add --max-drop ${Math.ceil((100 * going) / bytes)}%`,
    },
  );
}

/**
 * The report of a run that is over.
 *
 * @throws {PapyraError} the failure of the first part that had one, with the report of what was done nevertheless.
 */
export function concludedRecovery(
  report: RecoveryReport,
  { streams, unread }: Readings,
): RecoveryReport {
  report.duration_ms = Date.now() - Date.parse(report.started_at);
  const failure = failureOf([...streams, ...unread], {
    warnings: report.warnings,
    somethingDone: Boolean(report.records.removed_lines),
    hintWhenStopped: 'what was removed stays removed; run again for the rest',
    details: 'run again with fewer systems to see each',
    attached: { recovery: report },
  });
  if (!failure) return report;
  report.status = failure.code === 'interrupted' ? 'stopped' : 'partial';
  throw failure;
}

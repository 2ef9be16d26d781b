// Scans the streams of a store for corrupted entries. Changes nothing.
import { blankScan } from '../../report/blank.js';
import type { ScanReport } from '../../report/scan.js';
import type { ScanRequest } from '../backend.js';
import { failureOf } from './failed-parts.js';
import { nothingThere } from './names.js';
import { anomaliesOf, readStreams, sumOf } from './read-streams.js';
import type { Session } from './session.js';

/**
 * Reads all entries of all streams.
 *
 * @throws {PapyraError} the first failure of a stream or master, with the scan of the others.
 */
export async function scanStreams(
  session: Session,
  target: string,
  request: ScanRequest,
): Promise<Omit<ScanReport, 'next'>> {
  const startedAt = Date.now();
  const { streams, unread } = await readStreams(session, request, 0);
  const anomalies = anomaliesOf(streams, request.limit);
  const report: Omit<ScanReport, 'next'> = {
    ...blankScan(anomalies.total === 0 ? 'clean' : 'anomalies', {
      backend: 'redis',
      target,
      startedAt,
    }),
    records: {
      scanned: sumOf(streams, ({ records }) => records),
      undated: sumOf(streams, ({ undated }) => undated),
    },
    bytes: {
      scanned: sumOf(streams, ({ bytes }) => bytes),
      anomalous: sumOf(streams, ({ anomalousBytes }) => anomalousBytes),
    },
    parts: streams.map(({ key, records, bytes, anomalies }) => ({
      name: key,
      records,
      bytes,
      anomalies: anomalies.total,
    })),
    anomalies,
    warnings: streams.length + unread.length === 0 ? [nothingThere(target)] : [],
  };
  const failure = failureOf([...streams, ...unread], {
    warnings: report.warnings,
    somethingDone: streams.some(({ failure }) => failure === undefined),
    hintWhenStopped: 'run again to scan all of it',
    details: 'run again with fewer systems to see each',
    attached: { scan: { ...report, next: null } },
  });
  if (failure) throw failure;
  return report;
}

// Scans the files of a rotating set for anomalies.
import { holdNames } from '../../files/names.js';
import { assertNoForeignLink, assertSameOwner } from '../../files/ownership.js';
import { notThereYet } from '../../log/check.js';
import { neighboursOf } from '../../log/neighbours.js';
import { patiently, scanFiles, scanReport } from '../../log/scan-report.js';
import type { ScanReport } from '../../report/scan.js';
import type { ScanRequest } from '../backend.js';
import { closeSet, notThere, openSet, type SetOptions } from './set.js';

/** Reads all files of the set, the oldest first; those with a higher index are only named. */
export async function scanSet(
  set: SetOptions,
  request: ScanRequest,
): Promise<Omit<ScanReport, 'next'>> {
  const startedAt = Date.now();
  return patiently(async () => {
    const { names, release } = holdNames(set.path);
    const segments = openSet({ ...set, path: names.entry });
    try {
      for (const { log } of segments) {
        assertNoForeignLink(log, names.directory);
        assertSameOwner(log, segments[0]!.log.stat);
      }
      const neighbours = neighboursOf(names, set.maxFiles, true);
      if (segments.length === 0 && set.namedBy === 'path') throw notThere(set.path, set.namedBy);
      const files = segments.toReversed().map(({ log }) => ({ log, path: log.path }));
      const found = await scanFiles({ files, neighbours }, request);
      if (segments.length === 0) found.warnings.push(notThereYet(set.path));
      return scanReport({ backend: 'rotating', target: set.path, startedAt }, found);
    } finally {
      closeSet(segments);
      release();
    }
  });
}

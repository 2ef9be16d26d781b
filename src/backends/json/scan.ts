// Scans a log of one file for anomalies.
import { closeSync } from 'node:fs';
import { holdNames } from '../../files/names.js';
import { assertNoForeignLink } from '../../files/ownership.js';
import { notThereYet } from '../../log/check.js';
import { neighboursOf } from '../../log/neighbours.js';
import { locateLog, openLog, type NamedBy } from '../../log/open.js';
import { patiently, scanFiles, scanReport } from '../../log/scan-report.js';
import type { ScanReport } from '../../report/scan.js';
import type { ScanRequest } from '../backend.js';
import { AnomalyList } from '../../report/anomalies.js';

/** Reads all of the log. One that the runtime has not made yet is clean. */
export async function scanJson(
  path: string,
  namedBy: NamedBy,
  request: ScanRequest,
): Promise<Omit<ScanReport, 'next'>> {
  const startedAt = Date.now();
  const located = locateLog(path, namedBy);
  const store = { backend: 'json', target: located?.path ?? path, startedAt };
  if (!located) return scanReport(store, { scans: [], list: new AnomalyList(0), warnings: [notThereYet(path)] }); // prettier-ignore
  return patiently(async () => {
    const { names, release } = holdNames(located.path);
    try {
      const log = openLog(located.path, names.entry);
      try {
        assertNoForeignLink(log, names.directory);
        const files = [{ log, path: located.path }];
        const neighbours = neighboursOf(names, 1, false);
        return scanReport(store, await scanFiles({ files, neighbours }, request));
      } finally {
        closeSync(log.fd);
      }
    } finally {
      release();
    }
  });
}

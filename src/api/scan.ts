// Scans a store, and says which command mends what was found.
import type { Backend } from '../backends/backend.js';
import { PapyraError } from '../errors/errors.js';
import type { CommandLine } from '../doctor/command-line.js';
import { blankScan } from '../report/blank.js';
import type { ScanReport } from '../report/scan.js';
import type { ScanOptions } from './call-options.js';
import { checkScanOptions } from './call.js';

/** So many anomalies are listed when nobody says otherwise. */
export const LISTED = 20;

/** The share of a store that a recovery removes when nobody says otherwise. With more it is more likely no log. */
export const MAX_DROP = 0.1;

/** Reads all of the store. */
export async function scan(
  backend: Backend,
  how: ScanOptions,
  papyra: CommandLine,
): Promise<ScanReport> {
  checkScanOptions(how);
  const { limit = LISTED, ...others } = how;
  if (!backend.scan) return unscanned(backend);
  try {
    const report = await backend.scan({ limit, ...others });
    return { ...report, next: nextAfter(report, papyra) };
  } catch (error) {
    if (error instanceof PapyraError && error.scan) error.scan.next = nextAfter(error.scan, papyra);
    throw error;
  }
}

/** What mends it: what is only named stays for the operator. */
function nextAfter(
  { anomalies: { by_kind }, bytes, form }: Omit<ScanReport, 'next'>,
  papyra: CommandLine,
): string | null {
  // Its warning says what to do.
  if (form !== null) return null;
  // So much damage is worth a look before anything goes.
  if ((bytes.anomalous ?? 0) > MAX_DROP * (bytes.scanned ?? 0)) return papyra('persistence recover', '--dry-run'); // prettier-ignore
  if (by_kind.CORRUPTED_LINE + by_kind.TRUNCATED_LINE > 0) return papyra('persistence recover');
  if (by_kind.ORPHANED_ROTATED_FILE > 0) return papyra('persistence recover', '--mode', 'quarantine'); // prettier-ignore
  return null;
}

function unscanned({ name: backend, target }: Backend): ScanReport {
  const report = blankScan('best_effort', { backend, target, startedAt: Date.now() });
  return { ...report, next: null, warnings: [`the backend ${backend} cannot be scanned`] };
}

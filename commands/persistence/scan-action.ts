// Runs `papyra persistence scan`: scans the stores that the flags name, and shows what was found.
import { scanText } from '../../src/output/scan.js';
import { scans } from '../../src/output/scans.js';
import type { Context } from '../context.js';
import { readOptions, type GlobalFlags, type ReadFlags, type StoreFlags } from '../options.js';
import { onStores } from '../stores.js';

export type ScanFlags = GlobalFlags & StoreFlags & ReadFlags;

export async function scan(flags: ScanFlags, context: Context): Promise<void> {
  await onStores(flags, context, {
    progress: flags.progress,
    run: (system, { onProgress }) =>
      system.persistence.scan({ ...readOptions(flags, context), onProgress }),
    // Some parts could be read: what was found there is the result, and the first failure comes after it.
    partial: (error) => error.scan,
    finding: ({ anomalies }) => (anomalies.total > 0 ? 'anomalies_found' : undefined),
    text: scanText,
    warnings: ({ warnings }) => warnings,
    many: scans,
  });
}

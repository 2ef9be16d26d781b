// Runs `papyra persistence scan`: scans the store that the flags name, and shows what was found.
import { PapyraError } from '../../src/errors/errors.js';
import type { ScanReport } from '../../src/index.js';
import { progressTo } from '../../src/output/progress.js';
import { scanText } from '../../src/output/scan.js';
import { consoleFor, consoleForResult, withSystem, type Context } from '../context.js';
import { readOptions, type GlobalFlags, type ReadFlags, type StoreFlags } from '../options.js';

export type ScanFlags = GlobalFlags & StoreFlags & ReadFlags;

export async function scan(flags: ScanFlags, context: Context): Promise<void> {
  const output = consoleFor(context, flags);
  const progress = progressTo(context.stderr, flags.quiet ? 'never' : flags.progress);
  const show = (report: ScanReport): void => {
    const isClean = report.anomalies.total === 0;
    if (!isClean) context.found('anomalies_found');
    const shown = consoleForResult(context, flags, isClean);
    shown.result(report, (paint) => scanText(report, paint));
    output.warnings(report.warnings);
  };
  try {
    show(
      await withSystem(flags, output, context.signal, (system) =>
        system.persistence
          .scan({ ...readOptions(flags, context), onProgress: (state) => progress.update(state) })
          .finally(() => progress.stop()),
      ),
    );
  } catch (error) {
    // Some parts could be read: what was found there is the result, and the first failure comes after it.
    if (error instanceof PapyraError && error.scan) show(error.scan);
    throw error;
  }
}

// Runs `papyra persistence recover`: recovers the store that the flags name, and shows what that did.
import { PapyraError } from '../../src/errors/errors.js';
import type { RecoveryMode, RecoveryReport } from '../../src/index.js';
import { progressTo } from '../../src/output/progress.js';
import { recoveryText } from '../../src/output/recovery.js';
import { consoleFor, consoleForResult, withSystem, type Context } from '../context.js';
import { readOptions, recoveryOptions, type GlobalFlags, type ReadFlags, type RecoveryFlags, type StoreFlags } from '../options.js'; // prettier-ignore

export interface RecoverFlags extends GlobalFlags, StoreFlags, ReadFlags, RecoveryFlags {
  dryRun?: boolean;
  mode: RecoveryMode;
  maxDrop?: number;
  offline?: boolean;
}

export async function recover(flags: RecoverFlags, context: Context): Promise<void> {
  const { mode, dryRun = false, offline = false, maxDrop } = flags;
  const output = consoleFor(context, flags);
  const progress = progressTo(context.stderr, flags.quiet ? 'never' : flags.progress);
  const show = (report: RecoveryReport): void => {
    const isLeft = report.anomalies.remaining.total > 0;
    if (isLeft) context.found('anomalies_remain');
    const shown = consoleForResult(context, flags, !isLeft);
    shown.result(report, (paint) => recoveryText(report, paint));
    output.warnings(report.warnings);
  };
  try {
    show(
      await withSystem(flags, output, context.signal, (system) =>
        system.persistence
          .recover({
            ...readOptions(flags, context),
            ...recoveryOptions(flags),
            mode,
            dryRun,
            offline,
            ...(maxDrop === undefined ? {} : { maxDrop }),
            onProgress: (state) => progress.update(state),
          })
          .finally(() => progress.stop()),
      ),
    );
  } catch (error) {
    // Some parts are done: what was done is the result, and the first failure comes after it.
    if (error instanceof PapyraError && error.recovery) show(error.recovery);
    throw error;
  }
}

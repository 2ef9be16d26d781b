// Runs `papyra persistence startup-check`: one line says whether the runtime may start.
import type { RecoveryMode, StartupMode } from '../../src/index.js';
import { progressTo } from '../../src/output/progress.js';
import { startupText } from '../../src/output/startup.js';
import { consoleFor, consoleForResult, withSystem, type Context } from '../context.js';
import { readOptions, recoveryOptions, type GlobalFlags, type ReadFlags, type RecoveryFlags, type StoreFlags } from '../options.js'; // prettier-ignore

export interface StartupFlags extends GlobalFlags, StoreFlags, ReadFlags, RecoveryFlags {
  mode: StartupMode;
  recoveryMode: RecoveryMode;
}

export async function startupCheck(flags: StartupFlags, context: Context): Promise<void> {
  const { mode, recoveryMode } = flags;
  const output = consoleFor(context, flags);
  const progress = progressTo(context.stderr, flags.quiet ? 'never' : flags.progress);
  const report = await withSystem(flags, output, context.signal, (system) =>
    system.persistence
      .startupCheck({
        ...readOptions(flags, context),
        ...recoveryOptions(flags),
        mode,
        recoveryMode,
        onProgress: (state) => progress.update(state),
      })
      .finally(() => progress.stop()),
  );
  if (report.status === 'failed') context.found('check_failed');
  if (report.status === 'unrecovered') context.found('anomalies_found');
  const isWell = !['failed', 'unrecovered'].includes(report.status);
  const shown = consoleForResult(context, flags, isWell);
  shown.result(report, (paint) => startupText(report, paint));
  output.warnings(report.warnings);
}

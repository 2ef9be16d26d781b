// Runs `papyra persistence startup-check`: one line says whether the runtime may start.
import type { RecoveryMode, StartupMode, StartupReport } from '../../src/index.js';
import { startupText } from '../../src/output/startup.js';
import { startups } from '../../src/output/startups.js';
import type { Context } from '../context.js';
import { readOptions, recoveryOptions, type GlobalFlags, type ReadFlags, type RecoveryFlags, type StoreFlags } from '../options.js'; // prettier-ignore
import { onStores } from '../stores.js';

export interface StartupFlags extends GlobalFlags, StoreFlags, ReadFlags, RecoveryFlags {
  mode: StartupMode;
  recoveryMode: RecoveryMode;
}

const FINDINGS: Partial<Record<StartupReport['status'], 'check_failed' | 'anomalies_found'>> = {
  failed: 'check_failed',
  unrecovered: 'anomalies_found',
};

export async function startupCheck(flags: StartupFlags, context: Context): Promise<void> {
  const { mode, recoveryMode } = flags;
  const options = { ...readOptions(flags, context), ...recoveryOptions(flags), mode, recoveryMode };
  await onStores(flags, context, {
    progress: flags.progress,
    lockWait: flags.lockWait,
    run: (system, { onProgress, lockWaitMs }) =>
      system.persistence.startupCheck({ ...options, onProgress, lockWaitMs }),
    finding: ({ status }) => FINDINGS[status],
    text: startupText,
    warnings: ({ warnings }) => warnings,
    many: startups,
  });
}

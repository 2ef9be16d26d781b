// Runs `papyra persistence recover`: recovers the stores that the flags name, and shows what that did.
import type { RecoveryMode } from '../../src/index.js';
import { recoveries } from '../../src/output/recoveries.js';
import { recoveryText } from '../../src/output/recovery.js';
import type { Context } from '../context.js';
import { readOptions, recoveryOptions, type GlobalFlags, type ReadFlags, type RecoveryFlags, type StoreFlags } from '../options.js'; // prettier-ignore
import { onStores } from '../stores.js';

export interface RecoverFlags extends GlobalFlags, StoreFlags, ReadFlags, RecoveryFlags {
  dryRun?: boolean;
  mode: RecoveryMode;
  maxDrop?: number;
  offline?: boolean;
}

export async function recover(flags: RecoverFlags, context: Context): Promise<void> {
  const { mode, dryRun = false, offline = false, maxDrop } = flags;
  const options = {
    ...readOptions(flags, context),
    ...recoveryOptions(flags),
    mode,
    dryRun,
    offline,
    ...(maxDrop === undefined ? {} : { maxDrop }),
  };
  await onStores(flags, context, {
    progress: flags.progress,
    lockWait: flags.lockWait,
    run: (system, { onProgress, lockWaitMs }) =>
      system.persistence.recover({ ...options, onProgress, lockWaitMs }),
    // Some parts are done: what was done is the result, and the first failure comes after it.
    partial: (error) => error.recovery,
    finding: ({ anomalies }) => (anomalies.remaining.total > 0 ? 'anomalies_remain' : undefined),
    text: recoveryText,
    warnings: ({ warnings }) => warnings,
    many: recoveries,
  });
}

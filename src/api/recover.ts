// Recovers a store: removes what a scan names, and nothing else.
import type { Backend } from '../backends/backend.js';
import { PapyraError } from '../errors/errors.js';
import { givenPath } from '../config/unexpanded.js';
import { blankRecovery } from '../report/blank.js';
import type { RecoveryReport } from '../report/recovery.js';
import type { RecoverOptions } from './call-options.js';
import { checkRecoverOptions } from './call.js';
import { LISTED, MAX_DROP } from './scan.js';

/** Plans, and unless it is a dry run, does what the plan says. */
export async function recover(backend: Backend, how: RecoverOptions): Promise<RecoveryReport> {
  checkRecoverOptions(how);
  const { mode = 'repair', quarantineDir, dryRun = false } = how;
  const hasFiles = ['json', 'rotating'].includes(backend.name);
  if (mode === 'quarantine' && hasFiles && quarantineDir === undefined) {
    throw new PapyraError('usage', 'the mode quarantine needs a directory', {
      hint: 'add --quarantine-dir DIR; nothing was done',
    });
  }
  if (!backend.recover) return unmended(backend, mode);
  const plan = await backend.recover({
    mode,
    quarantineDir:
      quarantineDir === undefined ? undefined : givenPath('--quarantine-dir', quarantineDir),
    dryRun,
    limit: how.limit ?? LISTED,
    lockWaitMs: how.lockWaitMs ?? 0,
    offline: how.offline ?? false,
    maxDrop: how.maxDrop ?? MAX_DROP,
    limitRate: how.limitRate,
    signal: how.signal,
    onProgress: how.onProgress,
  });
  try {
    if (!dryRun) return await plan.execute();
    if (!plan.refusal) return plan.report;
    const { code, message, hint } = plan.refusal;
    throw new PapyraError(code, message, { recovery: plan.report, ...(hint === undefined ? {} : { hint }) }); // prettier-ignore
  } finally {
    await plan.close();
  }
}

function unmended(
  { name: backend, target }: Backend,
  mode: RecoveryReport['mode'],
): RecoveryReport {
  const report = blankRecovery({ status: 'best_effort', mode }, { backend, target, startedAt: Date.now() }); // prettier-ignore
  return { ...report, warnings: [`the backend ${backend} cannot be recovered`] };
}

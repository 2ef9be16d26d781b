// Simulates limits on a store: what would stay under the policy in force, and with one of its limits changed.
import type { Backend } from '../backends/backend.js';
import type { EffectiveConfig } from '../config/types.js';
import { PapyraError } from '../errors/errors.js';
import { candidatesFor } from '../forecast/candidates.js';
import type { SimulationReport } from '../report/simulation.js';
import { policyOf } from '../retention/policy.js';
import type { SimulateOptions } from './call-options.js';
import { checkSimulateOptions } from './call.js';

/** Changes nothing and takes no lock. */
export async function simulate(
  { retention }: Pick<EffectiveConfig, 'retention'>,
  backend: Backend,
  how: SimulateOptions,
): Promise<SimulationReport> {
  checkSimulateOptions(how);
  if (!backend.simulate) {
    throw new PapyraError('usage', `the backend ${backend.name} cannot be simulated: its records are not papyra's to read`, {
      hint: 'a dry run with a limit says what would go: papyra persistence compact --dry-run',
    }); // prettier-ignore
  }
  const startedAt = Date.now();
  const { now = startedAt / 1000, unreadable = 'keep', undated = 'keep', ignoreGroups = [], limitRate, signal, onProgress } = how; // prettier-ignore
  const found = await backend.simulate({
    rules: { ...retention, now, unreadable, undated },
    candidatesFor: (contents) => candidatesFor(policyOf(retention), contents, now),
    ignoreGroups,
    limitRate,
    signal,
    onProgress,
  });
  return {
    schema: 'papyra.simulation/v1',
    backend: backend.name,
    target: backend.target,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
    policy: policyOf(retention),
    ...found,
  };
}

// Plans the recovery of a log of one file.
import { holdNames } from '../../files/names.js';
import { notThereYet } from '../../log/check.js';
import { neighboursOf } from '../../log/neighbours.js';
import { locateLog, type NamedBy } from '../../log/open.js';
import { planRequestOf, recoveryPlan } from '../../log/recovery.js';
import type { RecoveryPlan, RecoveryRequest } from '../backend.js';
import { emptyPlan } from './backend.js';
import { planLog } from './plan.js';

/** Damaged lines and a truncated end go, nothing else changes; files beside the log are only named. */
export async function recoverJson(
  path: string,
  namedBy: NamedBy,
  request: RecoveryRequest,
): Promise<RecoveryPlan> {
  const located = locateLog(path, namedBy);
  const store = { backend: 'json', target: located?.path ?? path, neighbours: [], files: [] };
  const asked = planRequestOf(request);
  if (!located) {
    const plan = emptyPlan(path, asked);
    plan.report.warnings = [notThereYet(path)];
    return recoveryPlan(plan, store, request);
  }
  const plan = await planLog(located.path, asked);
  const { decision } = plan;
  const { names, release } = holdNames(located.path);
  try {
    const neighbours = neighboursOf(names, 1, false);
    return await recoveryPlan(plan, { ...store, files: [{ ...decision, path: located.path }], neighbours }, request); // prettier-ignore
  } finally {
    release();
  }
}

// Plans a compaction and holds the plan against the guards: --max-drop may refuse it, --min-reclaim may let it wait.
// It comes after the backend has planned, and before hooks, archive and store: a refused or held run changes nothing.
import type { Plan, PlanRequest } from '../backends/backend.js';
import type { Guards } from '../config/types.js';
import type { PapyraError } from '../errors/errors.js';
import { doubtOf, isDoubtable, SILENCE_SECONDS, type Drop, type Past } from '../guards/doubt.js';
import { dropOf } from '../guards/drop.js';
import { held, verdictOn } from '../guards/min-reclaim.js';
import { beyondLimit, doubted, unknownDrop } from '../guards/refusal.js';
import type { Opened } from './compaction.js';

/**
 * The plan that may be executed.
 *
 * @throws {PapyraError} `refused` when too much would go. A dry run has it as `plan.refusal`.
 */
export async function planned(opened: Opened, request: PlanRequest, guards: Guards): Promise<Plan> {
  const { backend } = opened;
  const { maxDrop, minReclaim } = guards;
  const counted = maxDrop !== undefined || minReclaim !== undefined;
  let plan = await backend.plan({ ...request, counted });
  try {
    // Without a count of what goes, all is taken to go: only when that is doubted the entries are counted.
    if (isUncounted(plan, request) && (await doubtAll(opened, plan, request))) {
      await plan.close();
      plan = await backend.plan({ ...request, counted: true });
    }
    const refusal = await dropRefusal(opened, plan, request, maxDrop);
    if (refusal) {
      if (!request.dryRun) throw refusal;
      return { ...plan, refusal };
    }
    return minReclaim === undefined ? plan : withMinReclaim(plan, minReclaim);
  } catch (error) {
    await plan.close();
    throw error;
  }
}

async function dropRefusal(
  opened: Opened,
  plan: Plan,
  request: PlanRequest,
  maxDrop: number | undefined,
): Promise<PapyraError | undefined> {
  const { backend, config } = opened;
  if (plan.report.status !== 'dry_run') return undefined;
  const target = plan.report.target ?? backend.name;
  const drop = dropOf(plan.report, request.rules);
  if (maxDrop !== undefined) {
    if (drop === null) return unknownDrop(backend.name);
    return drop.share > maxDrop ? beyondLimit(target, await timed(drop, plan), maxDrop) : undefined;
  }
  // It takes what was asked for, and nothing that is too young: no limit can have a wrong unit.
  if (request.rules.free) return undefined;
  // A custom backend has no past, and what it is about to drop is known only where it was asked before.
  if (drop === null || config.store.backend === 'module') return undefined;
  // That all may go was said by --allow-empty.
  if (drop.share === 1 || !isDoubtable(drop)) return undefined;
  const dated = await timed(drop, plan);
  const doubt = doubtOf(dated, await pastOf(opened));
  return doubt && doubted(target, dated, doubt);
}

function isUncounted({ report }: Plan, { rules }: PlanRequest): boolean {
  return report.backend === 'redis' && report.parts.length > 0 && dropOf(report, rules) === null;
}

async function doubtAll(opened: Opened, plan: Plan, { rules }: PlanRequest): Promise<boolean> {
  const { policy, records, bytes } = plan.report;
  const of = (limit: number | null) => (limit === null ? 0 : 1);
  const { max_age_seconds, max_records, max_total_bytes } = policy;
  const by = { age: of(max_age_seconds), count: of(max_records), size: of(max_total_bytes) };
  const all = {
    now: rules.now,
    policy,
    records: records.scanned,
    bytes: bytes.before,
    share: 1,
    by,
  };
  return doubtOf(await timed(all, plan), await pastOf(opened)) !== undefined;
}

async function timed(drop: Omit<Drop, 'times'>, plan: Plan): Promise<Drop> {
  return { ...drop, times: (await plan.times?.(SILENCE_SECONDS)) ?? null };
}

/** Metrics that cannot be read tell nothing; the run itself warns of them. */
async function pastOf({ metrics }: Opened): Promise<Past> {
  const known = await metrics.read().catch(() => null);
  const last = known?.last_success ?? null;
  return {
    policy: known?.last_compaction?.policy ?? null,
    lastSuccess: last === null ? null : Date.parse(last) / 1000,
  };
}

function withMinReclaim(plan: Plan, least: NonNullable<Guards['minReclaim']>): Plan {
  const { report } = plan;
  const verdict = verdictOn(report, least);
  if (verdict === 'worth it' || report.status !== 'dry_run') return plan;
  if (verdict === 'unknown') {
    report.warnings.push('--min-reclaim was not applied: it cannot be told what would be freed');
    return plan;
  }
  const waiting = held(report, verdict.waiting, least);
  return {
    ...plan,
    report: waiting,
    refusal: undefined,
    execute: async () => {
      await plan.hold?.();
      const duration_ms = Date.now() - Date.parse(report.started_at);
      return { ...waiting, status: 'nothing_to_do', duration_ms };
    },
  };
}

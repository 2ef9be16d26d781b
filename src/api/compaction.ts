// Runs one compaction: checks the call, runs the hooks, sets the time limit and counts the run.
//
// Before these steps, it makes sure that archives go where they went before.
//
// The steps of a run, and what a kill in each of them leaves:
// 1. Plan: the backend takes the lock, and mends what a killed run left. The guards may refuse the plan, or let it wait
//    (planned.ts). After a kill the next plan does this again.
// 2. `before_compact`, which may veto the run. Of this run, nothing has been changed yet.
// 3. Execute: the backend tells what a kill leaves, and the next plan mends it.
// 4. Release the lock and, meanwhile, count the run in the metrics. A run that is killed earlier is never counted.
// 5. `after_compact` when something was done, `on_error` when something failed.
// 6. Note in the metrics how that hook ended. After a kill in 5 or 6 that is not noted, and nobody makes up for it.
// When 1, 2 or 3 fails, 4 to 6 follow all the same.
import type { Backend, PlanRequest } from '../backends/backend.js';
import { archivingTo, assertArchiving } from './archiving.js';
import type { CompactOptions } from './call-options.js';
import { checkCompactOptions } from './call.js';
import type { EffectiveConfig, Guards } from '../config/types.js';
import { givenPath } from '../config/unexpanded.js';
import { PapyraError } from '../errors/errors.js';
import { asPapyraError } from '../errors/exit-codes.js';
import { hooksOf } from './hooks-of.js';
import { planned as planGuarded } from './planned.js';
import type { HookEnd } from '../hooks/hooks.js';
import type { RunMetrics } from '../metrics/metrics.js';
import { endOfRun } from '../metrics/run.js';
import { NOTHING_DROPPED, type FreeRule, type RetentionPolicy } from '../retention/policy.js';
import { blankReport, type CompactionReport } from '../report/report.js';

/** A configured store, and the metrics of its runs. */
export interface Opened {
  config: EffectiveConfig;
  backend: Backend;
  metrics: RunMetrics;
}

export async function compact(opened: Opened, how: CompactOptions): Promise<CompactionReport> {
  checkCompactOptions(how);
  assertFitting(how, opened.config.store.backend);
  const request = await requestOf(opened, how);
  if (!request.dryRun) return run(opened, request, how);
  await assertArchiving(request.archive);
  const plan = await planGuarded(opened, request, guardsOf(opened.config, how));
  await plan.close();
  if (plan.refusal) throw withReport(plan.refusal, plan.report);
  return plan.report;
}

/** A dry run that would be refused fails with the error of the run, and shows what would go. */
function withReport(
  { code, message, hint, guard }: PapyraError,
  report: CompactionReport,
): PapyraError {
  return new PapyraError(code, message, {
    report,
    ...(hint === undefined ? {} : { hint }),
    ...(guard === undefined ? {} : { guard }),
  });
}

/** What a call says beats the configuration. */
function guardsOf({ guards }: EffectiveConfig, how: CompactOptions): Guards {
  return {
    maxDrop: how.maxDrop ?? guards.maxDrop,
    minReclaim: how.minReclaim ?? guards.minReclaim,
  };
}

async function requestOf({ config, backend }: Opened, how: CompactOptions): Promise<PlanRequest> {
  const dryRun = how.dryRun ?? false;
  if (how.now !== undefined && !dryRun) {
    const hint = 'a real compaction decides by the clock';
    throw new PapyraError('usage', 'now can be used in a dry run only', { hint });
  }
  const free = freeRule(how);
  const directory =
    how.archive === undefined ? config.archive : givenPath('--archive', how.archive);
  return {
    rules: {
      ...(free ? NO_LIMITS : config.retention),
      ...(free ? { free } : {}),
      now: how.now ?? Date.now() / 1000,
      unreadable: how.unreadable ?? 'keep',
      undated: how.undated ?? 'keep',
    },
    dryRun,
    allowEmpty: how.allowEmpty ?? false,
    lockWaitMs: how.lockWaitMs ?? 0,
    inPlace: how.inPlace ?? false,
    archive: await archivingTo(directory, { config, backend }),
    offline: how.offline ?? false,
    ignoreGroups: how.ignoreGroups ?? [],
    limitRate: how.limitRate,
    signal: how.signal,
    onProgress: how.onProgress,
  };
}

/** Beside `--free` no limit applies. */
const NO_LIMITS: RetentionPolicy = {
  max_age_seconds: null,
  max_records: null,
  max_total_bytes: null,
};

/** The floor, unless `minAge` says another. */
const MIN_AGE_SECONDS = 3600;

function freeRule({ free, minAge }: CompactOptions): FreeRule | undefined {
  if (free !== undefined) return { bytes: free, minAgeSeconds: minAge ?? MIN_AGE_SECONDS };
  if (minAge === undefined) return undefined;
  throw new PapyraError('usage', 'minAge (--min-age) goes with free (--free) only', {
    hint: 'to remove what is older than an age, use --max-age; nothing was done',
  });
}

async function run(
  opened: Opened,
  request: PlanRequest,
  how: CompactOptions,
): Promise<CompactionReport> {
  const { config, backend, metrics } = opened;
  const { signal, maxDurationMs } = how;
  const hooks = await hooksOf(config);
  const limit = timeLimit(maxDurationMs);
  const limited = { ...request, signal: both(signal, limit?.signal) };
  const startedAt = Date.now();
  let planned: CompactionReport | undefined;
  const remembered = async (end: HookEnd | null | undefined): Promise<string[]> => {
    if (!end) return [];
    const { hook, failure, cutShort } = end;
    const unnoted = cutShort ? [] : await metrics.recordHook(hook, failure, signal);
    return failure === null ? unnoted : [failure, ...unnoted];
  };
  const told = async (report: CompactionReport): Promise<CompactionReport> => {
    if (planned) report.warnings.push(...(await remembered(await hooks?.after(planned, report, signal)))); // prettier-ignore
    return report;
  };
  try {
    await assertArchiving(request.archive);
    const plan = await planGuarded(opened, limited, guardsOf(config, how));
    planned = plan.report;
    let closing: Promise<void> | undefined;
    let report: CompactionReport;
    try {
      await hooks?.before(planned, limited.signal);
      report = await plan.execute();
      closing = plan.close();
      report.warnings.push(...(await metrics.record(endOfRun(startedAt, report), signal)));
    } finally {
      await (closing ?? plan.close());
    }
    return await told(report);
  } catch (thrown) {
    const error = await asPapyraError(thrown);
    const isOver = limit?.signal.aborted === true && signal?.aborted !== true;
    const isOverdue = isOver && error.code === 'interrupted';
    const report =
      error.report ?? (isOverdue ? nothingDone(backend, config, startedAt) : undefined);
    const end = endOfRun(startedAt, report, isOverdue ? undefined : error);
    const warnings = await metrics.record(end, signal);
    report?.warnings.push(...warnings);
    if (report) await told(report);
    if (report && isOverdue) return report;
    error.warnings.push(...(await remembered(await hooks?.failed(error, signal))));
    throw error;
  } finally {
    clearTimeout(limit?.timer);
  }
}

/** Ends a run at the next safe point, as a signal does. */
function timeLimit(milliseconds: number | undefined) {
  if (milliseconds === undefined) return undefined;
  const controller = new AbortController();
  const hint = 'the next run goes on';
  const why = new PapyraError('interrupted', 'stopped at its time limit', { hint });
  return {
    signal: controller.signal,
    timer: setTimeout(() => controller.abort(why), Math.min(milliseconds, 2 ** 31 - 1)),
  };
}

function both(one: AbortSignal | undefined, other: AbortSignal | undefined) {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other);
}

/** The report of a run whose time was over before it had done anything, or could say what it had done. */
function nothingDone(
  { name, target }: Backend,
  { store, retention }: EffectiveConfig,
  startedAt: number,
): CompactionReport {
  const report = blankReport({ status: 'stopped', backend: name, target, policy: retention, startedAt }); // prettier-ignore
  if (store.backend === 'module') {
    report.warnings.push('the time limit was over before the backend had told what it did');
    return report;
  }
  report.warnings.push('the time limit was over before anything was done; nothing was changed');
  Object.assign(report.records, { dropped: 0, dropped_by: NOTHING_DROPPED });
  Object.assign(report.bytes, { reclaimed: 0, reclaimed_on_disk: 0 });
  Object.assign(report.files, { rewritten: 0, removed: 0 });
  return report;
}

/** Options that not every backend supports, and the backends that do. */
const FITTING: [option: string, given: (how: CompactOptions) => unknown, backends: string[]][] = [
  ['--free', ({ free }) => free, ['json', 'rotating', 'redis']],
  ['--in-place', ({ inPlace }) => inPlace, ['json', 'rotating']],
  ['--archive', ({ archive }) => archive, ['json', 'rotating', 'redis']],
  ['--limit-rate', ({ limitRate }) => limitRate, ['json', 'rotating', 'memory', 'module']],
  ['--unreadable', ({ unreadable }) => unreadable && unreadable !== 'keep', ['json', 'rotating', 'memory', 'module']],
  ['--undated', ({ undated }) => undated && undated !== 'keep', ['json', 'rotating', 'memory', 'module']],
  ['--ignore-group', ({ ignoreGroups }) => ignoreGroups === true || ignoreGroups?.length, ['redis']],
]; // prettier-ignore

/** An option that the backend does not support is an error, because it would have no effect. */
function assertFitting(how: CompactOptions, backend: string): void {
  const unfit = FITTING.find(([, given, backends]) => given(how) && !backends.includes(backend));
  if (!unfit) return;
  throw new PapyraError('usage', `${unfit[0]} is not for the backend ${backend}`, {
    hint: `leave it out; it goes with ${unfit[2].join(', ')}; nothing was done`,
  });
}

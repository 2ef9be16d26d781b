/**
 * Papyra's compaction as a library: `openSystem()` finds the store as the command line does.
 *
 * @packageDocumentation
 */
import { resolve } from 'node:path';
import type { Backend, PlanRequest, Progress } from './backends/backend.js';
import { openBackend } from './backends/open.js';
import { checkCompactOptions, checkOpenOptions } from './call.js';
import type { ConfigInput, EffectiveConfig, Overrides } from './config/types.js';
import { loadConfig } from './config/load.js';
import { PapyraError } from './errors.js';
import { fileMetrics } from './metrics/file-store.js';
import { hashMetrics } from './metrics/hash-store.js';
import { metricsReport, unavailableReport, type MetricsReport } from './metrics/report.js';
import type { RunResult } from './metrics/run.js';
import type { MetricsStore } from './metrics/store.js';
import { blankReport, type CompactionReport } from './report.js';
import type { OddLines, RetentionRules } from './retention/policy.js';

export { parseCount, parseDuration, parseSize, parseTime } from './units.js';
export { PapyraError } from './errors.js';
export type { Progress } from './backends/backend.js';
export type { CustomBackend, CustomCompactRequest, PartialReport } from './backends/custom.js';
export type {
  Address,
  ConfigInput,
  Overrides,
  PersistenceInput,
  RetentionInput,
} from './config/types.js';
export type { ErrorCode, PapyraErrorOptions } from './errors.js';
export type { Counters } from './metrics/state.js';
export type { MetricsReport } from './metrics/report.js';
export type { CompactionPart, CompactionReport, CompactionStatus, PartAction } from './report.js';
export type { OddLines, RetentionPolicy } from './retention/policy.js';

/** How `openSystem()` finds the store. */
export interface OpenOptions extends ConfigInput {
  /**
   * A configuration file; else PAPYRA_CONFIG, else the usual search. Not looked at when `persistence` is
   * given; what else is given (`metrics`) beats the file.
   */
  configFile?: string;
  /** Values that beat file and environment, as flags do. */
  overrides?: Overrides;
  /** The directory where relative paths start and the search begins; default: the working directory. */
  cwd?: string;
}

/** How one compaction is done. All optional. */
export interface CompactOptions extends Partial<OddLines> {
  /** Only plan: the report says what would be done. Creates nothing and takes no lock. */
  dryRun?: boolean;
  /** The instant at which retention decides, in seconds since 1970. Only with `dryRun`. */
  now?: number;
  /** Allow a plan that leaves no record at all. */
  allowEmpty?: boolean;
  /** Milliseconds to wait for another run's lock; default 0: do not wait. */
  lockWaitMs?: number;
  /** Remove the expired head of the file without a copy; what expired behind it stays. */
  inPlace?: boolean;
  /** A directory to which what is dropped goes first; default: `persistence.archive.dir`. */
  archive?: string;
  /** Assert that nothing writes to the store: no looking for writers, no waiting for them. */
  offline?: boolean;
  /** Bytes read and written in a second, at most. */
  limitRate?: number;
  /** Redis: consumer groups whose pending and undelivered entries are not protected; true: all. */
  ignoreGroups?: readonly string[] | true;
  /** Milliseconds after which the run stops at the next safe point, with the status `stopped`. */
  maxDurationMs?: number;
  /** Stops the run at the next safe point; the storage is then as it was. */
  signal?: AbortSignal;
  /** Called often, with bytes (or entries) done and in all. */
  onProgress?: (progress: Progress) => void;
}

/** A store, opened. */
export interface System {
  /** The configuration file in force; null when there is none. */
  readonly configFile: string | null;
  /** Backend and target, for messages: `json /data/events.ndjson`. */
  readonly store: { backend: string; target: string | null };
  readonly persistence: {
    /**
     * Removes what has expired, for good.
     *
     * @throws {PapyraError} `usage` for a bad option; `refused` when nothing would be left or unreadable
     * lines were to fail; `not_found`, `permission_denied`, `io_error` (disk full included), `try_again` (another run is
     * at work), `unreachable`, `config_invalid`, `interrupted`. The storage is then as it was, unless
     * the message says otherwise. Where some parts of a store failed and others did not, the error of the
     * first one that did has a `report` of what was done, with the status `partial`.
     */
    compact(options?: CompactOptions): Promise<CompactionReport>;
  };
  readonly metrics: {
    /** The counters over all runs. Changes nothing. */
    read(): Promise<MetricsReport>;
    /**
     * Sets all counters to zero.
     *
     * @throws {PapyraError} `io_error` or `permission_denied` when the counters cannot be written.
     */
    reset(): Promise<MetricsReport>;
  };
  /** Lets go of whatever is open. */
  close(): Promise<void>;
}

/**
 * Finds the configuration and opens its store: `openSystem()` searches as the command line does,
 * `openSystem({ persistence: {…} })` takes what it is given.
 *
 * @throws {PapyraError} `config_invalid` when the configuration is missing, wrong or not to be
 * trusted; `usage` for a bad option or PAPYRA_… variable.
 */
export async function openSystem(options: OpenOptions = {}): Promise<System> {
  checkOpenOptions(options);
  const { configFile, overrides, cwd, ...input } = options;
  const config = await loadConfig({ configFile, overrides, cwd, input });
  const backend = await openBackend(config.store, loadModule);
  return {
    configFile: config.file,
    store: { backend: backend.name, target: backend.target },
    persistence: { compact: (how = {}) => compact(config, backend, how) },
    metrics: {
      read: () => readMetrics(config, backend),
      reset: () => resetMetrics(config, backend),
    },
    close: () => backend.close?.() ?? Promise.resolve(),
  };
}

async function loadModule(file: string, explicit: boolean): Promise<unknown> {
  const { assertTrusted } = await import('./config/trust.js');
  assertTrusted({ file, what: 'backend module', code: true, explicit });
  const { importDefault } = await import('./config/import-module.js');
  return importDefault(file);
}

async function compact(
  config: EffectiveConfig,
  backend: Backend,
  how: CompactOptions,
): Promise<CompactionReport> {
  checkCompactOptions(how);
  const dryRun = how.dryRun ?? false;
  assertFitting(how, config.store.backend);
  if (how.now !== undefined && !dryRun) {
    throw new PapyraError('usage', 'now goes with a dry run only', {
      hint: 'a real compaction decides by the clock',
    });
  }
  const rules: RetentionRules = {
    ...config.retention,
    now: how.now ?? Date.now() / 1000,
    unreadable: how.unreadable ?? 'keep',
    undated: how.undated ?? 'keep',
  };
  const request: PlanRequest = {
    rules,
    dryRun,
    allowEmpty: how.allowEmpty ?? false,
    lockWaitMs: how.lockWaitMs ?? 0,
    inPlace: how.inPlace ?? false,
    archive: how.archive === undefined ? config.archive : resolve(how.archive),
    offline: how.offline ?? false,
    ignoreGroups: how.ignoreGroups ?? [],
    limitRate: how.limitRate,
    signal: how.signal,
    onProgress: how.onProgress,
  };
  if (dryRun) {
    const plan = await backend.plan(request);
    await plan.close();
    return plan.report;
  }
  const limit = timeLimit(how.maxDurationMs);
  request.signal = both(how.signal, limit?.signal);
  const startedAt = Date.now();
  try {
    const plan = await backend.plan(request);
    let closing: Promise<void> | undefined;
    try {
      const report = await plan.execute();
      closing = plan.close();
      await record(config, backend, runOf(startedAt, report), report.warnings, how.signal);
      return report;
    } finally {
      await (closing ?? plan.close());
    }
  } catch (error) {
    const overdue = limit?.signal.aborted === true && how.signal?.aborted !== true;
    const stopped = overdue && error instanceof PapyraError && error.code === 'interrupted';
    const report = error instanceof PapyraError ? error.report : undefined;
    if (stopped) {
      const told = report ?? nothingDone(backend, config, startedAt);
      await record(config, backend, runOf(startedAt, told), told.warnings, how.signal);
      return told;
    }
    const run = runOf(startedAt, report, error as Error);
    await record(config, backend, run, report?.warnings ?? [], how.signal);
    throw error;
  } finally {
    clearTimeout(limit?.timer);
  }
}

/** Ends a run as a signal would: at the next safe point. */
function timeLimit(milliseconds: number | undefined) {
  if (milliseconds === undefined) return undefined;
  const controller = new AbortController();
  const why = new PapyraError('interrupted', 'stopped at its time limit', {
    hint: 'the next run goes on',
  });
  return {
    signal: controller.signal,
    timer: setTimeout(() => controller.abort(why), Math.min(milliseconds, 2 ** 31 - 1)),
  };
}

function both(one: AbortSignal | undefined, other: AbortSignal | undefined) {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other);
}

/** The report of a run whose time was over before it had done, or could tell, anything. */
function nothingDone(
  { name, target }: Backend,
  { retention }: EffectiveConfig,
  startedAt: number,
): CompactionReport {
  const report = blankReport({ status: 'stopped', backend: name, target, policy: retention, startedAt }); // prettier-ignore
  report.warnings.push('the time limit was over before anything was done; nothing was changed');
  return report;
}

/** How a run ended: the report, where there is one, has times of its own. */
function runOf(startedAt: number, report?: CompactionReport, error?: Error): RunResult {
  const { started_at, duration_ms } = report ?? {
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
  };
  const code = error instanceof PapyraError ? error.code : 'internal';
  return {
    started_at,
    duration_ms,
    report: report ?? null,
    error: error === undefined ? null : { code, message: error.message },
    usage: null,
  };
}

/** Options, and the kinds of backend that can follow them. */
const FITTING: [option: string, given: (how: CompactOptions) => unknown, backends: string[]][] = [
  ['--in-place', ({ inPlace }) => inPlace, ['json', 'rotating']],
  ['--archive', ({ archive }) => archive, ['json', 'rotating', 'redis']],
  ['--limit-rate', ({ limitRate }) => limitRate, ['json', 'rotating', 'memory', 'module']],
  ['--unreadable', ({ unreadable }) => unreadable && unreadable !== 'keep', ['json', 'rotating', 'memory', 'module']],
  ['--undated', ({ undated }) => undated && undated !== 'keep', ['json', 'rotating', 'memory', 'module']],
  ['--ignore-group', ({ ignoreGroups }) => ignoreGroups === true || ignoreGroups?.length, ['redis']],
]; // prettier-ignore

/** Passed over, an option that a backend cannot follow would be missed. */
function assertFitting(how: CompactOptions, backend: string): void {
  const unfit = FITTING.find(([, given, backends]) => given(how) && !backends.includes(backend));
  if (!unfit) return;
  throw new PapyraError('usage', `${unfit[0]} is not for the backend ${backend}`, {
    hint: `leave it out; it goes with ${unfit[2].join(', ')}; nothing was done`,
  });
}

/** The counters of a store, or why it has none. */
function metricsOf(config: EffectiveConfig, backend: Backend): MetricsStore | string {
  if (!config.metrics.enabled) return 'metrics are disabled in the configuration';
  const home = backend.home();
  if ('unavailable' in home) return home.unavailable;
  return 'hash' in home ? hashMetrics(home.hash) : fileMetrics(home.log);
}

/** For the metrics: not to know it is no failure. */
function usageOf(backend: Backend): Promise<number | null> {
  return backend.usage().catch(() => null);
}

/** Counts a run. Metrics that cannot be written are a warning, never a reason to fail. */
async function record(
  config: EffectiveConfig,
  backend: Backend,
  run: RunResult,
  warnings: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const store = metricsOf(config, backend);
    if (typeof store === 'string') return;
    const warning = await store.record({ ...run, usage: await usageOf(backend) }, signal);
    if (warning !== undefined) warnings.push(warning);
  } catch (error) {
    warnings.push(`this run was not counted: ${(error as Error).message}`);
  }
}

async function readMetrics(config: EffectiveConfig, backend: Backend): Promise<MetricsReport> {
  const store = metricsOf(config, backend);
  if (typeof store === 'string') return unavailableReport(backend.name, backend.target, store);
  const { state, warning } = await store.read();
  return metricsReport(backend.name, backend.target, state, await usageOf(backend), warning);
}

async function resetMetrics(config: EffectiveConfig, backend: Backend): Promise<MetricsReport> {
  const store = metricsOf(config, backend);
  const warning = typeof store === 'string' ? undefined : await store.reset();
  const report = await readMetrics(config, backend);
  if (warning !== undefined) report.warnings.push(warning);
  return report;
}

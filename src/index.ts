// Exports the library, and connects configuration, backend, metrics and hooks in openSystem().
/**
 * Papyra's compaction as a library: `openSystem()` finds the store as the command line does.
 *
 * @packageDocumentation
 */
import type { PlanRequest } from './backends/backend.js';
import { openBackend } from './backends/open.js';
import type {
  CompactOptions,
  DoctorOptions,
  InspectOptions,
  OpenOptions,
  OpenStoresOptions,
  RecordsOptions,
  RecoverOptions,
  ScanOptions,
  SimulateOptions,
  StartupCheckOptions,
  SummaryOptions,
} from './api/call-options.js';
import { checkDoctorOptions, checkOpenOptions, checkOpenStoresOptions, checkReadMetricsOptions } from './api/call.js'; // prettier-ignore
import { archivesFor, type Archives } from './api/archive.js';
import { check, type SystemCheck } from './api/check.js';
import { compact } from './api/compaction.js';
import type { EffectiveConfig } from './config/types.js';
import {
  loadStores,
  namesStore,
  onlyStore,
  type LoadedStores,
  type LoadRequest,
} from './config/load.js';
import type { DoctorReport } from './doctor/report.js';
import type { Inspection } from './api/inspection.js';
import { hooksOf } from './api/hooks-of.js';
import { metricsFor, type Metrics, type PublishMetrics } from './metrics/metrics.js';
import type { StoreMetrics } from './metrics/prometheus.js';
import { driftOf } from './api/settings.js';
import type { RecoveryReport } from './report/recovery.js';
import type { CompactionReport } from './report/report.js';
import type { ScanReport } from './report/scan.js';
import type { SimulationReport } from './report/simulation.js';
import type { StartupReport } from './report/startup-check.js';
import type { ListedRecord } from './api/inspect.js';
import type { InspectSummary } from './report/summary.js';

export type * from './api/call-options.js';
export type { Archives } from './api/archive.js';
export type { SystemCheck } from './api/check.js';
export { configSchema, showConfig, starterConfig } from './api/configuration.js';
export type { ConfigReport, ConfigValue, StarterForm } from './api/configuration.js';
export { compareSettings, importSettings } from './api/settings.js';
export type {
  DriftKey,
  DriftReport,
  ImportedConfig,
  ImportForm,
  SettingsOptions,
} from './api/settings.js';
export type { ListedRecord } from './api/inspect.js';
export type { Inspection } from './api/inspection.js';
export {
  parseAmount,
  parseCount,
  parseDuration,
  parseMoment,
  parseShare,
  parseSize,
  parseTime,
} from './units/units.js';
export type { Amount } from './units/units.js';
export { PapyraError } from './errors/errors.js';
export type { Progress } from './backends/backend.js';
export type {
  CustomBackend,
  CustomCompactRequest,
  CustomRecoverRequest,
  CustomScanRequest,
  PartialRecovery,
  PartialReport,
  PartialScan,
  RecordText,
} from './backends/custom.js';
export type { PartialAnomalies, PartialAnomaly } from './backends/custom-scan-report.js';
export type {
  Address,
  ConfigInput,
  EffectiveConfig,
  Guards,
  GuardsInput,
  Overrides,
  PersistenceInput,
  RetentionInput,
  StoreConfig,
} from './config/types.js';
export type { DoctorCheck, DoctorReport } from './doctor/report.js';
export type { ErrorCode, PapyraErrorOptions } from './errors/errors.js';
export type { Metrics, ReadMetricsOptions } from './metrics/metrics.js';
export { prometheusText } from './metrics/prometheus.js';
export type { StoreMetrics } from './metrics/prometheus.js';
export type { MetricsReport } from './metrics/report.js';
export type { Counters, Guarded, HistoryEntry, HookFailure } from './metrics/state.js';
export type {
  CompactionPart,
  CompactionReport,
  CompactionStatus,
  PartAction,
} from './report/report.js';
export type {
  ArchiveEntry,
  ArchiveList,
  ArchivePruning,
  ArchiveRestoration,
  ArchiveState,
  ArchiveVerification,
} from './report/archive.js';
export type { Anomalies, Anomaly, AnomalyCounts, AnomalyKind } from './report/anomalies.js';
export type {
  RecoveryAction,
  RecoveryMode,
  RecoveryPart,
  RecoveryReport,
} from './report/recovery.js';
export type { ScanReport } from './report/scan.js';
export type { Forecast } from './report/forecast.js';
export type { SimulatedLimit, SimulationReport, StoreSimulation } from './report/simulation.js';
export type { StartupMode, StartupReport } from './report/startup-check.js';
export type {
  InspectedGroup,
  InspectedKind,
  InspectedPart,
  InspectionReport,
  Leftover,
  Top,
  TopGroup,
} from './report/inspection.js';
export type { AuditSummary, InspectSummary, KindSummary } from './report/summary.js';
export type { OddLines, RetentionPolicy } from './retention/policy.js';

/** A store, opened. */
export interface System {
  /** The configuration file in force; null when there is none. */
  readonly configFile: string | null;
  /** File, environment and flags taken together. It may hold a password: not for printing. */
  readonly config: EffectiveConfig;
  /** Backend and target, for messages: `json /data/events.ndjson`. */
  readonly store: { backend: string; target: string | null };
  readonly persistence: {
    /**
     * Removes what has expired, for good.
     *
     * @throws {PapyraError} `usage` for a bad option; `refused` when no record would be left, when more than `maxDrop`
     * of the records would go (its `guard` is `max_drop`), or when a line is unreadable and `unreadable` is `fail`; `not_found`, `permission_denied`, `io_error` (disk full included),
     * `try_again` (another run is at work), `unreachable`, `config_invalid`, `interrupted`. The storage is then as it
     * was, unless the message says otherwise. When only some parts of a store failed, the error is that of the first
     * one; its `report` says what was done, with the status `partial`. A dry run throws what the run would be refused
     * with; its `report` has the status `dry_run`.
     *
     * Runs the hooks of the configuration, unless it is a dry run. A veto of `before_compact` is also `try_again`;
     * the failure of another hook is a warning.
     */
    compact(options?: CompactOptions): Promise<CompactionReport>;
    /**
     * Says what would stay under the policy in force, and with one of its limits changed: a handful of round values. From
     * one reading of the store; of a log from the index of its last compaction, where there is one. Changes nothing and
     * takes no lock.
     *
     * @throws {PapyraError} `usage` for a bad option, and for a backend that cannot be simulated; what `scan` throws.
     */
    simulate(options?: SimulateOptions): Promise<SimulationReport>;
    /**
     * Reads all of the store and says what is wrong with it: damaged lines or entries, truncated ends, files that do not
     * belong there. Changes nothing and takes no lock. An anomaly is no error, but in the report.
     *
     * @throws {PapyraError} `usage` for a bad option; `not_found`, `permission_denied`, `io_error`, `try_again` (the log
     * was shortened under the scan, again and again), `unreachable`, `config_invalid`, `interrupted`.
     */
    scan(options?: ScanOptions): Promise<ScanReport>;
    /**
     * Removes exactly what `scan` names, and nothing else: what stays keeps its bytes and its order. A last record without
     * its newline gets it. Files that do not belong there are named, and with `quarantine` orphaned ones are moved.
     *
     * @throws {PapyraError} as `compact`; `refused` when more than `maxDrop` of the bytes would go. Where some parts failed
     * and others did not, the error has the report as `recovery`. A dry run throws what the run would be refused with.
     */
    recover(options?: RecoverOptions): Promise<RecoveryReport>;
    /**
     * Decides whether the runtime may start on the store: scans it, and recovers it when the mode says so.
     *
     * @throws {PapyraError} as `scan` and `recover`.
     */
    startupCheck(options?: StartupCheckOptions): Promise<StartupReport>;
    /**
     * Says what is in the store, what fills it, and what a compaction would remove now. Of what is large it reads a
     * sample, unless `full` is set; the report's `sample` says so. Only reads: creates nothing, takes no lock.
     *
     * @throws {PapyraError} `usage` for a bad option; `not_found`, `permission_denied`, `unreachable` and so on when the
     * store is not there or does not answer; `try_again` when a log was truncated meanwhile; `interrupted`.
     */
    inspect(options?: InspectOptions): Promise<Inspection>;
  };
  readonly inspect: {
    /**
     * The records that retention shows, as the runtime lists them: the oldest first, unless it is told otherwise. Changes
     * nothing and takes no lock; a runtime may be writing, and papyra compacting.
     *
     * @throws {PapyraError} `usage` for a bad option, or a custom backend without `records()`; `not_found`,
     * `permission_denied`, `unreachable`, `io_error` (a damaged archive, too); `try_again` when the log was truncated
     * meanwhile; `interrupted`.
     */
    records(options?: RecordsOptions): AsyncGenerator<ListedRecord, void, undefined>;
    /** Counts the records that retention shows. It reads all of them. Throws as `records()` does. */
    summary(options?: SummaryOptions): Promise<InspectSummary>;
  };
  /** What was archived of the store. */
  readonly archive: Archives;
  readonly metrics: Metrics;
  /**
   * Checks whether a compaction could begin: the store is there and can be opened, hooks can be executed, an
   * archive could be written. Changes nothing, and reads no record.
   *
   * @throws {PapyraError} what would stop it, such as `not_found`, `permission_denied`, `unreachable`.
   */
  check(): Promise<SystemCheck>;
  /**
   * Checks whether the store is fit for production: retention, past runs, the log or the servers, and what is
   * around them. Only reads: creates nothing, takes no lock. A check that fails does not throw; it is in the report.
   *
   * @throws {PapyraError} `usage` for a bad option; `not_found`, `permission_denied`, `unreachable` and so on
   * when the store is not there or does not answer: there is nothing to look at then; `interrupted`.
   */
  doctor(options?: DoctorOptions): Promise<DoctorReport>;
  /** Closes what is open, such as connections. */
  close(): Promise<void>;
}

/**
 * Finds the configuration and opens its store: `openSystem()` searches as the command line does,
 * `openSystem({ persistence: {…} })` takes what it is given. `openSystem({ store: 'orders' })` opens one of several.
 *
 * @throws {PapyraError} `config_invalid` when the configuration is missing, wrong or not to be
 * trusted; `usage` for a bad option or PAPYRA_… variable, or when it has several stores and none was named.
 */
export async function openSystem(options: OpenOptions = {}): Promise<System> {
  checkOpenOptions(options);
  await rereadCode(options);
  const loaded = await loadStores(
    requestOf(options),
    options.store === undefined ? [] : [options.store],
  );
  const { config } = onlyStore(loaded);
  return systemFor(config, options, publishTo(loaded.labels));
}

/** Writes the textfile after each run. `labels`: of all stores that are in it. */
function publishTo(labels: readonly string[]): PublishMetrics {
  return async (path, report) => {
    const { writeTextfile } = await import('./metrics/textfile.js');
    return writeTextfile(path, [report], labels);
  };
}

/** A store that can be opened. */
export interface ClosedStore {
  /** Its name in `stores`. */
  readonly name: string;
  /** Its name and, of a glob, what it matched: `tenants/acme`. Different for every store. */
  readonly label: string;
  /**
   * Opens it, whatever became of the others.
   *
   * @throws {PapyraError} why it cannot be opened.
   */
  open(): Promise<System>;
}

/** The stores of a configuration. */
export interface Stores {
  /** The configuration file in force; null when there is none. */
  readonly configFile: string | null;
  /** What was asked for is one store: that of `persistence`, or the only name that was given, which is no glob. */
  readonly isOne: boolean;
  readonly stores: readonly ClosedStore[];
  /** What the operator should know, one sentence each: a glob that matches nothing. */
  readonly warnings: readonly string[];
  /**
   * Writes the metrics textfile with all stores that were compacted since the last call. Call it when a round of
   * compactions is over; that of a single store is written after each run. Returns warnings.
   */
  publishMetrics(): Promise<string[]>;
  /** The stores of the same configuration, which is not read again: a glob may match others now. */
  again(): Promise<Stores>;
}

/**
 * Finds the configuration and its stores, each match of a glob one of them. Opens none of them yet. A configuration
 * with `persistence` has one, which is called `persistence`.
 *
 * @throws {PapyraError} as `openSystem()` does; `usage` for the name of a store that is not there.
 */
export async function openStores(options: OpenStoresOptions = {}): Promise<Stores> {
  checkOpenStoresOptions(options);
  const { store: names, ...others } = options;
  await rereadCode(others);
  return storesOf(await loadStores(requestOf(others), names), others);
}

async function rereadCode({ reread = false }: Pick<OpenOptions, 'reread'>): Promise<void> {
  if (reread) (await import('./config/import-module.js')).forgetModules();
}

function storesOf(loaded: LoadedStores, options: OpenOptions): Stores {
  const { file, isOne, stores, labels, warnings } = loaded;
  let path: string | undefined;
  const reports = new Map<string, StoreMetrics>();
  const later: PublishMetrics = async (to, report) => {
    path = to;
    // The last report of a compaction may be long, and is not for Prometheus.
    reports.set(report.store ?? '', { ...report, last_compaction: null, history: [] });
    return undefined;
  };
  const publish = isOne ? publishTo(labels) : later;
  return {
    configFile: file,
    isOne,
    warnings,
    stores: stores.map(({ name, label, config, failure }) => ({
      name,
      label,
      open: async () => {
        if (failure) throw failure;
        return systemFor(config, { ...options, ...(config.label !== undefined && { store: config.label }) }, publish); // prettier-ignore
      },
    })),
    publishMetrics: async () => {
      if (path === undefined || reports.size === 0) return [];
      const { writeTextfile } = await import('./metrics/textfile.js');
      const warning = writeTextfile(path, [...reports.values()], labels);
      reports.clear();
      return warning === undefined ? [] : [warning];
    },
    again: async () => storesOf(await loaded.again(), options),
  };
}

/** What is no option of the call is a section of the configuration. */
function requestOf(options: OpenOptions): LoadRequest {
  const { configFile, overrides, cwd, ...input } = options;
  delete input.signal;
  delete input.reread;
  delete input.store;
  return { configFile, overrides, cwd, input };
}

async function systemFor(
  config: EffectiveConfig,
  options: OpenOptions,
  publish: PublishMetrics,
): Promise<System> {
  const backend = await openBackend(config.store, loadModule, options.signal);
  const metrics = metricsFor(config, backend, publish);
  return {
    configFile: config.file,
    config,
    store: { backend: backend.name, target: backend.target },
    persistence: {
      compact: (how = {}) => compact({ config, backend, metrics }, how),
      simulate: async (how = {}) => {
        const { simulate } = await import('./api/simulate.js');
        return simulate(config, backend, how);
      },
      scan: async (how = {}) => {
        const [{ scan }, { commandLine }] = await Promise.all([import('./api/scan.js'), import('./doctor/command-line.js')]); // prettier-ignore
        return scan(backend, how, commandLine(options));
      },
      recover: async (how = {}) => {
        const { recover } = await import('./api/recover.js');
        return recover(backend, how);
      },
      startupCheck: async (how = {}) => {
        const [{ startupCheck }, { commandLine }] = await Promise.all([import('./api/startup-check.js'), import('./doctor/command-line.js')]); // prettier-ignore
        return startupCheck(backend, how, commandLine(options));
      },
      inspect: async (how = {}) => {
        const { inspect } = await import('./api/inspection.js');
        return inspect({ config, backend, metrics }, how);
      },
    },
    inspect: {
      records: async function* (how = {}) {
        const { listRecords } = await import('./api/inspect.js');
        yield* listRecords(config, backend, how);
      },
      summary: async (how = {}) => {
        const { summarize } = await import('./api/inspect.js');
        return summarize(config, backend, how);
      },
    },
    archive: archivesFor({ config, backend }),
    metrics: {
      read: async (how = {}) => {
        checkReadMetricsOptions(how);
        return metrics.read(how);
      },
      reset: () => metrics.reset(),
    },
    check: () => check(config, backend),
    doctor: async ({ signal, settings, ...others } = {}) => {
      checkDoctorOptions({ signal, settings, ...others });
      const { examine } = await import('./doctor/doctor.js');
      const { commandLine } = await import('./doctor/command-line.js');
      const hooks = await hooksOf(config);
      const { planned } = await import('./api/planned.js');
      const { archiveFailure } = await import('./api/archiving.js');
      const plan = (request: PlanRequest) => planned({ config, backend, metrics }, request, config.guards); // prettier-ignore
      const drift = settings ? await driftOf(config, { ...settings, signal }) : null;
      return examine({
        config,
        backend,
        plan,
        metrics,
        hooks,
        archiveFailure: await archiveFailure({ config, backend }),
        papyra: commandLine(options),
        drift,
        signal,
      });
    },
    close: () => backend.close?.() ?? Promise.resolve(),
  };
}

/**
 * The archives of the store that `openSystem(options)` opens. Where no store is configured or given, those in a
 * directory, which every call has to name then.
 *
 * @throws {PapyraError} as `openSystem()` for a configuration that is wrong.
 */
export async function openArchives(
  options: OpenOptions = {},
): Promise<{ archive: Archives; close(): Promise<void> }> {
  checkOpenOptions(options);
  if (await isStoreNamed(options)) return openSystem(options);
  return { archive: archivesFor(undefined), close: () => Promise.resolve() };
}

/** The same of all stores, or those named; undefined: no store is configured or given. */
export async function openStoresOfArchives(
  options: OpenStoresOptions = {},
): Promise<Stores | undefined> {
  checkOpenStoresOptions(options);
  const { store, ...others } = options;
  return store || (await isStoreNamed(others)) ? openStores(options) : undefined;
}

async function isStoreNamed(options: OpenOptions): Promise<boolean> {
  return options.configFile !== undefined || (await namesStore(requestOf(options)));
}

async function loadModule(file: string, explicit: boolean): Promise<unknown> {
  const { assertTrusted } = await import('./config/trust.js');
  assertTrusted({ file, what: 'backend module', code: true, explicit });
  const { importDefault } = await import('./config/import-module.js');
  return importDefault(file);
}

// Exports the library, and connects configuration, backend, metrics and hooks in openSystem().
/**
 * Papyra's compaction as a library: `openSystem()` finds the store as the command line does.
 *
 * @packageDocumentation
 */
import { openBackend } from './backends/open.js';
import type {
  CompactOptions,
  DoctorOptions,
  InspectOptions,
  OpenOptions,
  RecordsOptions,
  RecoverOptions,
  ScanOptions,
  StartupCheckOptions,
  SummaryOptions,
} from './api/call-options.js';
import { checkDoctorOptions, checkOpenOptions, checkReadMetricsOptions } from './api/call.js';
import { check, type SystemCheck } from './api/check.js';
import { compact } from './api/compaction.js';
import type { EffectiveConfig } from './config/types.js';
import { loadConfig } from './config/load.js';
import type { DoctorReport } from './doctor/report.js';
import type { Inspection } from './api/inspection.js';
import { hooksOf } from './api/hooks-of.js';
import { driftOf } from './api/settings.js';
import { metricsFor, type Metrics } from './metrics/metrics.js';
import type { RecoveryReport } from './report/recovery.js';
import type { CompactionReport } from './report/report.js';
import type { ScanReport } from './report/scan.js';
import type { StartupReport } from './report/startup-check.js';
import type { ListedRecord } from './api/inspect.js';
import type { InspectSummary } from './report/summary.js';

export type * from './api/call-options.js';
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
export { parseCount, parseDuration, parseMoment, parseSize, parseTime } from './units/units.js';
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
  Overrides,
  PersistenceInput,
  RetentionInput,
  StoreConfig,
} from './config/types.js';
export type { DoctorCheck, DoctorReport } from './doctor/report.js';
export type { ErrorCode, PapyraErrorOptions } from './errors/errors.js';
export type { Metrics, ReadMetricsOptions } from './metrics/metrics.js';
export { prometheusText } from './metrics/prometheus.js';
export type { MetricsReport } from './metrics/report.js';
export type { Counters, HistoryEntry, HookFailure } from './metrics/state.js';
export type {
  CompactionPart,
  CompactionReport,
  CompactionStatus,
  PartAction,
} from './report/report.js';
export type { Anomalies, Anomaly, AnomalyCounts, AnomalyKind } from './report/anomalies.js';
export type {
  RecoveryAction,
  RecoveryMode,
  RecoveryPart,
  RecoveryReport,
} from './report/recovery.js';
export type { ScanReport } from './report/scan.js';
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
     * @throws {PapyraError} `usage` for a bad option; `refused` when no record would be left, or when a line is
     * unreadable and `unreadable` is `fail`; `not_found`, `permission_denied`, `io_error` (disk full included),
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
 * `openSystem({ persistence: {…} })` takes what it is given.
 *
 * @throws {PapyraError} `config_invalid` when the configuration is missing, wrong or not to be
 * trusted; `usage` for a bad option or PAPYRA_… variable.
 */
export async function openSystem(options: OpenOptions = {}): Promise<System> {
  checkOpenOptions(options);
  const { configFile, overrides, cwd, signal, ...input } = options;
  const config = await loadConfig({ configFile, overrides, cwd, input });
  const backend = await openBackend(config.store, loadModule, signal);
  const metrics = metricsFor(config, backend);
  return {
    configFile: config.file,
    config,
    store: { backend: backend.name, target: backend.target },
    persistence: {
      compact: (how = {}) => compact({ config, backend, metrics }, how),
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
      const drift = settings ? await driftOf(config, { ...settings, signal }) : null;
      return examine({
        config,
        backend,
        metrics,
        hooks,
        papyra: commandLine(options),
        drift,
        signal,
      });
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

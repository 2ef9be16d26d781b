// Offers the metrics of an opened store: reads, resets and records them, and writes the textfile.
import type { Backend } from '../backends/backend.js';
import type { EffectiveConfig } from '../config/types.js';
import type { Room } from '../forecast/forecast.js';
import { fileMetrics } from './file-store.js';
import { hashMetrics } from './hash-store.js';
import { metricsReport, unavailableReport, withRun, type MetricsReport } from './report.js';
import { entryOf, shortened, type RunEnd } from './run.js';
import type { MetricsStore } from './store.js';
import type { StoreMetrics } from './prometheus.js';

export interface ReadMetricsOptions {
  /** Add the last so many runs, oldest first; left out: none. */
  history?: number;
}

/** What compaction did to a store, over all runs. */
export interface Metrics {
  /**
   * The counters over all runs. Changes nothing.
   *
   * @throws {PapyraError} `usage` for a bad option; what opening the store throws, when that is not there.
   */
  read(options?: ReadMetricsOptions): Promise<MetricsReport>;
  /**
   * Sets all counters to zero and forgets the history.
   *
   * @throws {PapyraError} `io_error` or `permission_denied` when the counters cannot be written.
   */
  reset(): Promise<MetricsReport>;
}

export interface RunMetrics extends Metrics {
  /** Counts a run and publishes it for the textfile. Returns what went wrong, which is no reason to fail. */
  record(end: RunEnd, signal: AbortSignal | undefined): Promise<string[]>;
  /** Remembers how a hook ended after the last counted run; `failure` null: well. Returns the same. */
  recordHook(
    hook: string,
    failure: string | null,
    signal: AbortSignal | undefined,
  ): Promise<string[]>;
}

/** Takes the metrics after a run for the textfile. Returns a warning when they could not be written. */
export type PublishMetrics = (path: string, report: StoreMetrics) => Promise<string | undefined>;

export function metricsFor(
  config: EffectiveConfig,
  backend: Backend,
  publish: PublishMetrics,
): RunMetrics {
  const unavailable = (why: string) => unavailableReport(backend.name, backend.target, why);

  const read = async ({ history }: ReadMetricsOptions = {}): Promise<MetricsReport> => {
    const store = storeOf(config, backend);
    if (typeof store === 'string') return unavailable(store);
    const { state, warning } = await store.read();
    const usage = await usageOf(backend);
    const { forecastFor } = await import('./forecast.js');
    const forecast = forecastFor({
      now: Date.now() / 1000,
      policy: config.retention,
      history: state?.history ?? [],
      last: state?.last_compaction ?? null,
      usage,
      room: await roomOf(backend),
    });
    const report = metricsReport(backend.name, backend.target, state, usage, warning, forecast);
    return history === undefined
      ? report
      : { ...report, history: state?.history.slice(-history) ?? [] };
  };

  let counted: MetricsStore | undefined;

  return {
    read,
    reset: async () => {
      const store = storeOf(config, backend);
      const warning = typeof store === 'string' ? undefined : await store.reset();
      const report = await read();
      if (warning !== undefined) report.warnings.push(warning);
      return report;
    },
    record: async (end, signal) => {
      const { enabled, textfile } = config.metrics;
      if (!enabled) return [];
      counted = undefined;
      const warnings: (string | undefined)[] = [];
      const run = { ...end, usage: await usageOf(backend) };
      try {
        const store = storeOf(config, backend);
        if (typeof store !== 'string') {
          warnings.push(await store.record(run, signal));
          counted = store;
        }
      } catch (error) {
        warnings.push(`this run was not counted: ${(error as Error).message}`);
      }
      if (textfile !== undefined) {
        const known = await read().catch((error: unknown) => unavailable((error as Error).message));
        const { label: store } = config;
        warnings.push(await publish(textfile, { ...withRun(known, entryOf(run)), ...(store !== undefined && { store }) })); // prettier-ignore
      }
      return warnings.filter((warning) => warning !== undefined);
    },
    recordHook: async (hook, failure, signal) => {
      if (!counted) return [];
      try {
        const { state } = await counted.read();
        if (failure === null && state?.last_hook_failure?.hook !== hook) return [];
        const at = new Date().toISOString();
        const noted = failure === null ? null : { at, hook, message: shortened(failure) };
        const warning = await counted.noteHook(noted, signal);
        return warning === undefined ? [] : [warning];
      } catch (error) {
        return [`how the ${hook} hook ended is not remembered: ${(error as Error).message}`];
      }
    },
  };
}

/** Where the metrics of a store are kept, or why it has none. */
function storeOf(config: EffectiveConfig, backend: Backend): MetricsStore | string {
  if (!config.metrics.enabled) return 'metrics are disabled in the configuration';
  const home = backend.metricsLocation();
  if ('unavailable' in home) return home.unavailable;
  return 'hash' in home ? hashMetrics(home.hash) : fileMetrics(home.log);
}

/** null when the store is missing or does not answer: its metrics are shown all the same. */
export function usageOf(backend: Backend): Promise<number | null> {
  return backend.usage().catch(() => null);
}

/** The same of the room that there is. */
export function roomOf(backend: Backend): Promise<Room | null> {
  return (backend.room?.() ?? Promise.resolve(null)).catch(() => null);
}

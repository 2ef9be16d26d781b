// Collects the facts that doctor judges, about a store, its surroundings and its past runs.
import { lstatSync } from 'node:fs';
import type { Backend, Plan, PlanRequest } from '../backends/backend.js';
import type { StoreFacts } from '../backends/facts.js';
import type { EffectiveConfig } from '../config/types.js';
import { interruption, PapyraError } from '../errors/errors.js';
import { pathState } from '../files/path-state.js';
import type { Hooks } from '../hooks/hooks.js';
import { forecastFor } from '../metrics/forecast.js';
import { roomOf, usageOf, type Metrics } from '../metrics/metrics.js';
import { HISTORY_LENGTH } from '../metrics/state.js';
import { checkTextfile, textfileProblem } from '../metrics/textfile.js';
import type { Forecast } from '../report/forecast.js';
import type { DriftReport } from '../settings/drift.js';
import type { CommandLine } from './command-line.js';
import { commandsOnPath } from './on-path.js';
import type { Facts } from './facts.js';

/** Up to these sizes a dry run takes about a second, and tells more than looking at both ends of each file. */
const TRIAL = { bytes: 64 << 20, entries: 100_000 };

export interface DoctorTarget {
  config: EffectiveConfig;
  backend: Backend;
  /** As a run does it, with its guards. */
  plan: (request: PlanRequest) => Promise<Plan>;
  metrics: Metrics;
  hooks: Pick<Hooks, 'assertRunnable'> | undefined;
  /** Why no archive could be written; undefined: it could, or none is wanted. */
  archiveFailure: PapyraError | undefined;
  papyra: CommandLine;
  /** What differs from the runtime's settings, or why they could not be asked; null: they were not to be asked. */
  drift: DriftReport | PapyraError | null;
  signal?: AbortSignal | undefined;
}

/**
 * Changes nothing and takes no lock.
 *
 * @throws {PapyraError} what opening the store throws, when it is not there or does not answer.
 */
export async function gatherFacts(patient: DoctorTarget): Promise<Facts> {
  const { config, backend, hooks, papyra, signal } = patient;
  const stopIfAsked = (): void => {
    if (signal?.aborted) throw interruption(signal);
  };
  const { enabled, textfile } = config.metrics;
  const store = (await backend.examine?.(signal)) ?? null;
  stopIfAsked();
  const metrics = await metricsOf(patient);
  stopIfAsked();
  return {
    now: Date.now(),
    papyra,
    config: {
      file: config.file,
      backend: config.store.backend,
      retention: config.retention,
      pathGiven: config.overrides.path !== undefined,
      metricsEnabled: enabled,
      secrets: config.secretFiles.map(pathState),
      archive: config.archive === undefined ? null : pathState(config.archive),
      archiveFailure: patient.archiveFailure ?? null,
      textfile: textfile === undefined ? null : textfileFacts(textfile, enabled),
      hooks: hooks ? { names: Object.keys(config.hooks?.commands ?? {}), failure: failureOf(() => hooks.assertRunnable()) } : null, // prettier-ignore
    },
    store,
    homeIsLink: store?.kind === 'log' && isLink(store.home.path),
    ...metrics,
    forecast: store && (await forecastOf(patient, metrics.metrics)),
    drift: patient.drift,
    commands: commandsOnPath(),
    trial: store && isWorthTrying(store) ? await tryOut(patient) : null,
  };
}

function textfileFacts(path: string, enabled: boolean): Facts['config']['textfile'] {
  const doubt = textfileProblem(path, enabled);
  return { file: pathState(path), problem: checkTextfile(path), doubt };
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function failureOf(work: () => void): PapyraError | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof PapyraError) return error;
    throw error;
  }
}

type MetricsFacts = Pick<Facts, 'metrics' | 'metricsFailure'>;

async function metricsOf(target: DoctorTarget): Promise<MetricsFacts> {
  try {
    const report = await target.metrics.read({ history: HISTORY_LENGTH });
    const { history } = report;
    return { metrics: history ? { ...report, history } : null, metricsFailure: null };
  } catch (error) {
    if (error instanceof PapyraError) return { metrics: null, metricsFailure: error };
    throw error;
  }
}

/** Looks at what is in the store only where the runs tell too little. */
async function forecastOf(
  { config, backend }: DoctorTarget,
  metrics: Facts['metrics'],
): Promise<Forecast | null> {
  const byRuns = metrics?.forecast ?? null;
  if (byRuns?.unknown === null) return byRuns;
  try {
    const arrivals = await backend.arrivals?.();
    if (!arrivals) return byRuns;
    return forecastFor({
      now: Date.now() / 1000,
      policy: config.retention,
      history: metrics?.history ?? [],
      last: metrics?.last_compaction ?? null,
      usage: await usageOf(backend),
      room: await roomOf(backend),
      arrivals,
    });
  } catch (error) {
    // What cannot be read is told by the other checks.
    if (error instanceof PapyraError && error.code !== 'interrupted') return byRuns;
    throw error;
  }
}

function isWorthTrying(store: StoreFacts): boolean {
  // The check `rotation` reports a set with a wrong number of files.
  if (store.kind === 'log') return store.bytes <= TRIAL.bytes && !store.rotation?.tooHigh.length;
  return store.streams.reduce((sum, { entries }) => sum + entries, 0) <= TRIAL.entries;
}

async function tryOut({ config, plan: planFor, signal }: DoctorTarget): Promise<Facts['trial']> {
  const rules = { ...config.retention, now: Date.now() / 1000, unreadable: 'keep', undated: 'keep' } as const; // prettier-ignore
  const never = { allowEmpty: false, inPlace: false, offline: false, lockWaitMs: 0 };
  try {
    const plan = await planFor({ rules, dryRun: true, signal, ...never });
    await plan.close();
    return guardRefusal(plan) ?? plan.report;
  } catch (error) {
    if (error instanceof PapyraError && error.code !== 'interrupted') return error;
    throw error;
  }
}

/** What else stands in the way of a run, such as a disk without room, has a check of its own. */
function guardRefusal({ refusal }: Plan): PapyraError | undefined {
  return refusal?.guard === undefined ? undefined : refusal;
}

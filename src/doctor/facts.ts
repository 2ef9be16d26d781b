// Defines the facts that the checks of doctor judge.
import type { LogFacts, StoreFacts, StreamFacts } from '../backends/facts.js';
import type { PapyraError } from '../errors/errors.js';
import type { PathState } from '../files/path-state.js';
import type { MetricsReport } from '../metrics/report.js';
import type { Forecast } from '../report/forecast.js';
import type { HistoryEntry } from '../metrics/state.js';
import type { CompactionReport } from '../report/report.js';
import type { RetentionPolicy } from '../retention/policy.js';
import type { DriftReport } from '../settings/drift.js';
import type { FoundCommand } from './on-path.js';
import type { CommandLine } from './command-line.js';

export interface Facts {
  /** Milliseconds since 1970. */
  now: number;
  papyra: CommandLine;
  config: {
    file: string | null;
    backend: string;
    retention: RetentionPolicy;
    /** `--path`, or its variable, was given: it replaces the limits of the file. */
    pathGiven: boolean;
    metricsEnabled: boolean;
    /** Files that contain a password or a key. */
    secrets: PathState[];
    archive: PathState | null;
    /** Why no archive could be written there. */
    archiveFailure: PapyraError | null;
    /** `problem`: why it cannot be written; `doubt`: why it is of no use. */
    textfile: { file: PathState; problem: string | undefined; doubt: string | undefined } | null;
    /** `failure`: why a hook cannot be executed, the first such; null: there are no hooks. */
    hooks: { names: string[]; failure: PapyraError | null } | null;
  };
  /** null: the backend has no facts. */
  store: StoreFacts | null;
  /** Whether the folder of the metrics is a link: papyra follows no link there. */
  homeIsLink: boolean;
  /** With the history of all runs; null: there are none, or they cannot be read. */
  metrics: (MetricsReport & { history: HistoryEntry[] }) | null;
  /** Why they cannot be read. */
  metricsFailure: PapyraError | null;
  /** How the store grows, by its runs or else by what is in it; null: nothing is known of it. */
  forecast: Forecast | null;
  /** What differs from the runtime's settings, or why they could not be asked; null: they were not to be asked. */
  drift: DriftReport | PapyraError | null;
  /** The commands named papyra on the PATH, the first one first. */
  commands: FoundCommand[];
  /** A dry run, or why it failed; null: none was made, as the store is too large. */
  trial: CompactionReport | PapyraError | null;
}

export function logOf({ store }: Facts): LogFacts | null {
  return store?.kind === 'log' ? store : null;
}

export function streamsOf({ store }: Facts): StreamFacts | null {
  return store?.kind === 'streams' ? store : null;
}

/** The dry run, if there was one that did not fail. */
export function trialOf({ trial }: Facts): CompactionReport | null {
  return trial && 'records' in trial ? trial : null;
}

/** Seconds since 1970 of the oldest record seen; Infinity: there is none. */
export function oldestOf(store: StoreFacts | null): number {
  if (store?.kind === 'log') return Math.min(...store.files.map(({ ends }) => ends.oldest));
  return Math.min(...(store?.streams ?? []).map(({ oldest }) => oldest));
}

/** The same of the newest; -Infinity: there is none. */
export function newestOf(store: StoreFacts | null): number {
  if (store?.kind === 'log') return Math.max(...store.files.map(({ ends }) => ends.newest));
  return Math.max(...(store?.streams ?? []).map(({ newest }) => newest));
}

import type { LogFacts, StoreFacts, StreamFacts } from '../backends/facts.js';
import type { PapyraError } from '../errors/errors.js';
import type { PathState } from '../files/path-state.js';
import type { MetricsReport } from '../metrics/report.js';
import type { HistoryEntry } from '../metrics/state.js';
import type { CompactionReport } from '../report/report.js';
import type { RetentionPolicy } from '../retention/policy.js';
import type { CommandLine } from './command-line.js';

/** All that checks may know. */
export interface Facts {
  /** Milliseconds since 1970. */
  now: number;
  papyra: CommandLine;
  config: {
    file: string | null;
    backend: string;
    retention: RetentionPolicy;
    /** `--path`, or its variable, replaces the limits of the file. */
    pathGiven: boolean;
    metricsEnabled: boolean;
    /** Files with a password or a key in them. */
    secrets: PathState[];
    archive: PathState | null;
    /** `problem`: why it cannot be written; `doubt`: why it is of no use. */
    textfile: { file: PathState; problem: string | undefined; doubt: string | undefined } | null;
    /** Which there are, and why the first one that cannot be executed cannot; null: there are none. */
    hooks: { names: string[]; failure: PapyraError | null } | null;
  };
  /** null: the backend has none to tell. */
  store: StoreFacts | null;
  /** Whether the folder of the metrics is a link: none is followed there. */
  homeIsLink: boolean;
  /** With the history of all runs; null: there are none, or they cannot be read. */
  metrics: (MetricsReport & { history: HistoryEntry[] }) | null;
  /** Why they cannot be read. */
  metricsFailure: PapyraError | null;
  /** A dry run, or why it failed; null: the store is too large to try it by the way. */
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

import { closeSync, constants, openSync, readFileSync, renameSync } from 'node:fs';
import { PapyraError } from '../errors.js';
import { replaceFile } from '../files/durable.js';
import { makeHome, ownerOf } from '../files/home.js';
import { takeLock } from '../files/lock.js';
import { namesFor, type LogNames } from '../files/names.js';
import { errnoOf, systemError } from '../files/system-error.js';
import { freshState, type MetricsState } from './counters.js';

const SCHEMA = 'papyra.metrics-store/v1';

/** An update is done in milliseconds; whoever holds the lock longer is stuck. */
const LOCK_WAIT_MS = 5000;
/** A run that was asked to stop has less time. */
const LOCK_WAIT_STOPPED_MS = 300;

/** Where the counters of a store live. */
export interface MetricsStore {
  /** Reads without touching anything: null when no run was counted yet; a warning when what is there cannot be read. */
  read(): { state: MetricsState | null; warning?: string };
  /** Changes the counters, alone. Returns a warning when something was wrong with them. */
  update(
    change: (state: MetricsState) => MetricsState,
    signal?: AbortSignal,
  ): Promise<string | undefined>;
}

/** Counters in the folder `.papyra` beside the log, with the log's owner and mode. */
export function fileMetrics(log: string): MetricsStore {
  const names = namesFor(log);
  return {
    read() {
      const { state, broken } = loadFrom(names);
      if (broken === undefined) return { state: state ?? null };
      const warning = `the metrics in ${names.metrics} cannot be read (${broken}); the next run sets them aside`;
      return { state: null, warning };
    },
    async update(change, signal) {
      try {
        const owner = ownerOf(log, names.directory);
        makeHome(names.home, owner);
        const lock = await takeLock({
          path: names.metricsLock,
          target: names.metrics,
          owner,
          waitMs: signal?.aborted ? LOCK_WAIT_STOPPED_MS : LOCK_WAIT_MS,
        });
        try {
          const { state, broken } = load(names.metrics);
          const aside = broken === undefined ? undefined : setAside(names.metrics, broken);
          const next = change(state ?? freshState(new Date()));
          const document = { schema: SCHEMA, ...next };
          replaceFile(names.metrics, `${JSON.stringify(document, null, 1)}\n`, owner);
          return aside;
        } finally {
          lock.release();
        }
      } catch (error) {
        throw hinted(systemError(error, 'write the metrics to', names.metrics), names.home);
      }
    },
  };
}

function loadFrom({ metrics, home }: LogNames): ReturnType<typeof load> {
  try {
    return load(metrics);
  } catch (error) {
    throw hinted(error, home);
  }
}

function load(path: string): { state?: MetricsState; broken?: string } {
  let text: string;
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      text = readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return {};
    if (errno === 'ELOOP' || errno === 'EISDIR') return { broken: 'it is not a regular file' };
    throw systemError(error, 'read the metrics in', path);
  }
  return parse(text);
}

function parse(text: string): { state?: MetricsState; broken?: string } {
  let document: (Partial<MetricsState> & { schema?: unknown }) | null;
  try {
    document = JSON.parse(text) as typeof document;
  } catch {
    return { broken: 'it is not JSON' };
  }
  const fresh = freshState(new Date(0));
  const { schema, counters, since, last_compaction = null, records_left = null } = document ?? {};
  if (schema !== SCHEMA) return { broken: `it is not of the form ${SCHEMA}` };
  const sound = Object.keys(fresh.counters).every((key) => {
    const value: unknown = counters?.[key as keyof typeof counters];
    return isCount(value);
  });
  if (!counters || !sound) return { broken: 'a counter is missing or is no number' };
  if (!isReport(last_compaction)) return { broken: 'its last report is none' };
  if (typeof since !== 'string') return { broken: 'it does not say since when it counts' };
  if (records_left !== null && !isCount(records_left)) {
    return { broken: 'the number of records that were left is none' };
  }
  return { state: { counters, since, last_compaction, records_left } };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** As far as it is shown again: a report of this form, with its time and status. */
function isReport(value: unknown): boolean {
  if (value === null) return true;
  const { schema, started_at, status } = value as Record<string, unknown>;
  return (
    schema === 'papyra.compaction/v1' &&
    typeof started_at === 'string' &&
    typeof status === 'string'
  );
}

function setAside(path: string, why: string): string {
  const aside = `${path}.broken-${new Date().toISOString().replaceAll(':', '')}`;
  renameSync(path, aside);
  return `the metrics in ${path} could not be read (${why}): set aside as ${aside}, counting starts anew`;
}

/** The log may well be this user's, and the folder closed: the hint is about the folder. */
function hinted(error: unknown, home: string): unknown {
  if (!(error instanceof PapyraError) || error.code !== 'permission_denied') return error;
  return new PapyraError(error.code, error.message, {
    hint: `let the user who runs papyra read and write ${home} and the files of the log in it`,
    cause: error,
  });
}

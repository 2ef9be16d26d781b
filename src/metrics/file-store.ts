// Keeps the metrics of a log in `.papyra/NAME.metrics.json` beside it, with the owner and the mode of the log.
// An update takes these steps. The kernel frees the lock when the process ends, however it ends.
// 1. Take the metrics lock, and read the file. A crash leaves the old state: this run is not counted.
// 2. If the file is broken, rename it to NAME.metrics.json.broken-TIME. A crash leaves no file: counting starts anew.
// 3. Write and fsync a temporary file. A crash leaves that file: the next update removes it.
// 4. Rename it over the old one, fsync the folder, free the lock. A crash leaves the old state or the new one, whole.
import { renameSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { withShownPaths } from '../errors/held-paths.js';
import { replaceFile } from '../files/durable.js';
import {
  ownFolderPath,
  makeOwnFolder,
  openOwnFolder,
  ownerOf,
  readKept,
} from '../files/own-folder.js';
import { takeLock } from '../files/lock.js';
import { holdNames, namesFor, type LogNames } from '../files/names.js';
import type { Owner } from '../files/ownership.js';
import { errnoOf, systemError } from '../errors/system-error.js';
import { changeOf } from './run.js';
import { freshState, HISTORY_LENGTH, type MetricsState } from './state.js';
import type { MetricsStore } from './store.js';
import { parseState, writeState } from './stored-form.js';

/** An update takes milliseconds: a process that holds the lock for longer is stuck. */
const LOCK_WAIT_MS = 5000;
/** For a run that was asked to stop. */
const LOCK_WAIT_STOPPED_MS = 300;

export function fileMetrics(log: string): MetricsStore {
  const names = namesFor(log);
  return {
    read: async () => {
      const { state, broken, path } = loadFrom(names);
      if (broken === undefined) return { state: state ?? null };
      const warning = `the metrics in ${path} cannot be read (${broken}); the next run sets them aside`;
      return { state: null, warning };
    },
    record: (run, signal) =>
      update(names, signal, (state) => {
        const { increments, values, entry } = changeOf(run, state);
        const counters = { ...state.counters };
        for (const [name, value] of Object.entries(increments)) {
          counters[name as keyof typeof counters] += value;
        }
        const history = [...state.history, entry].slice(-HISTORY_LENGTH);
        return { ...state, counters, ...values, history };
      }),
    noteHook: (last_hook_failure, signal) =>
      update(names, signal, (state) => ({ ...state, last_hook_failure })),
    reset: () =>
      update(names, undefined, ({ records_left, last_success }) => {
        return { ...freshState(new Date()), records_left, last_success };
      }),
  };
}

async function update(
  { log }: LogNames,
  signal: AbortSignal | undefined,
  change: (state: MetricsState) => MetricsState,
): Promise<string | undefined> {
  const { names, release } = holdNames(log);
  try {
    const owner = ownerOf(names);
    const home = makeOwnFolder(names, owner);
    try {
      const lock = await takeLock({
        path: home.metricsLock,
        target: home.metrics,
        owner,
        waitMs: signal?.aborted ? LOCK_WAIT_STOPPED_MS : LOCK_WAIT_MS,
      });
      try {
        const { state, broken } = load(home.metrics, owner);
        const aside = broken === undefined ? undefined : setAside(home.metrics, broken);
        replaceFile(home.metrics, writeState(change(state ?? freshState(new Date()))), owner);
        return aside;
      } finally {
        lock.release();
      }
    } finally {
      home.close();
    }
  } catch (error) {
    throw hinted(systemError(error, 'write the metrics to', pathOf(names)), ownFolderPath(names));
  } finally {
    release();
  }
}

/** The path for messages; the files are opened through a held directory. */
function pathOf(names: LogNames): string {
  return `${ownFolderPath(names)}/${basename(names.log)}.metrics.json`;
}

function loadFrom(plain: LogNames): Loaded & { path: string } {
  const path = pathOf(plain);
  if (!statSync(dirname(plain.log), { throwIfNoEntry: false })) return { path };
  const { names, release } = holdNames(plain.log);
  try {
    const owner = statSync(names.entry, { throwIfNoEntry: false });
    const home = openOwnFolder(names, owner);
    if (!home) return { path };
    try {
      return { ...load(home.metrics, owner), path };
    } finally {
      home.close();
    }
  } catch (error) {
    throw hinted(systemError(error, 'read the metrics in', path), ownFolderPath(names));
  } finally {
    release();
  }
}

interface Loaded {
  state?: MetricsState;
  broken?: string;
}

function load(path: string, owner: Pick<Owner, 'uid'> | undefined): Loaded {
  let text: string;
  try {
    text = readKept(path, owner).toString();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return {};
    if (errno === 'ELOOP' || errno === 'EISDIR') return { broken: 'it is not a regular file' };
    throw systemError(error, 'read the metrics in', path);
  }
  return parseState(text);
}

function setAside(path: string, why: string): string {
  const aside = `${path}.broken-${new Date().toISOString().replaceAll(':', '')}`;
  renameSync(path, aside);
  return withShownPaths(`the metrics in ${path} could not be read (${why}): set aside as ${aside}, counting starts anew`); // prettier-ignore
}

/** Names the folder in the hint: a user who may write to the log may still have no access to the folder. */
function hinted(error: unknown, home: string): unknown {
  if (!(error instanceof PapyraError) || error.code !== 'permission_denied') return error;
  return new PapyraError(error.code, error.message, {
    hint: `let the user who runs papyra read and write ${home} and the files of the log in it`,
    cause: error,
  });
}

// Finds and opens the file of a log.
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  statfsSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { attempt, errnoOf, systemError } from '../errors/system-error.js';
import type { OpenFile } from '../files/read.js';
import { assertUtf8, resolvedPlace, resolveTo } from '../files/resolve.js';

const { O_RDONLY, O_RDWR, O_NOFOLLOW, O_NONBLOCK } = constants;

/** What named the log: a missing one is an error only when `--path` did. */
export type NamedBy = 'path' | 'config';

/**
 * The real path of the log, links resolved; null when a configured log is not there yet.
 *
 * @throws {PapyraError} `not_found` when `--path` names no regular file, or a configured log's
 * directory, or that of a link's target, does not exist.
 */
export function locateLog(path: string, namedBy: NamedBy): { path: string; stat: Stats } | null {
  let real: string;
  let stat: Stats;
  try {
    stat = statSync(path);
    real = resolveTo(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw systemError(error, 'open', path);
    assertUtf8(path);
    if (namedBy === 'path') {
      throw new PapyraError('not_found', `no log at ${path}: no such file`, {
        hint: 'check --path; relative paths start at the working directory',
        cause: error,
      });
    }
    const target = resolvedPlace(path);
    const directory = dirname(target);
    const where = target === path ? directory : `${directory}, to which ${path} leads`;
    attempt('open the directory of the log', where, () => statSync(directory));
    return null;
  }
  if (!stat.isFile()) throw notALog(path, stat);
  return { path: real, stat };
}

export type OpenLog = OpenFile & { stat: Stats };

/**
 * Opens a located log for reading, and checks again that it is a regular file. `entry`: its name in a directory that
 * is held open. `forWork`: the run may change it.
 */
export function openLog(path: string, entry = path, { forWork = false } = {}): OpenLog {
  if (forWork) copyUp(path, entry);
  const fd = attempt('open', path, () => openSync(entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw notALog(path, stat);
  }
  return { fd, path, stat };
}

const OVERLAY = 0x794c7630;

/**
 * An overlay copies a file of its lower layer when somebody first opens it for writing. A descriptor from before
 * stays with the lower file and never shows what a writer appends. So this makes the copy before the log is opened.
 */
function copyUp(path: string, entry: string): void {
  if (process.platform !== 'linux' || statfsSync(dirname(entry)).type !== OVERLAY) return;
  try {
    closeSync(openSync(entry, O_RDWR | O_NOFOLLOW | O_NONBLOCK));
  } catch (error) {
    // A user who may not write to the log may still be able to replace it.
    if (errnoOf(error) !== 'EACCES') throw systemError(error, 'open', path);
  }
}

function notALog(path: string, stat: Stats): PapyraError {
  const what = stat.isDirectory() ? 'it is a directory' : 'it is not a regular file';
  return new PapyraError('not_found', `no log at ${path}: ${what}`, {
    hint: 'name the log file itself',
  });
}

// Opens and makes the folder `.papyra`, which keeps metrics and indexes of the logs of a directory.
import { OWN_FOLDER } from './file-names.js';
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs'; // prettier-ignore
import { basename, dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { holdInside, type HeldDirectory } from './directory.js';
import type { LogNames } from './names.js';
import {
  setCompanionOwner,
  assertOwner,
  assertSameOwner,
  ownerOfCompanions,
  type Owner,
  assertNoForeignLink,
} from './ownership.js';
import { errnoOf } from '../errors/system-error.js';

export function ownFolderPath({ directory }: Pick<LogNames, 'directory'>): string {
  return `${directory}/${OWN_FOLDER}`;
}

/** The files of one log in the open folder. */
export interface OwnFolder {
  /** The counters of all runs, and their own lock. */
  metrics: string;
  metricsLock: string;
  /** What was in the log when the last run ended. */
  index: string;
  /** Where its last archive went. */
  archive: string;
  close(): void;
}

/** Opens the folder; undefined: it is not there, or its name is that of something else, such as a link. */
export function openOwnFolder(
  names: LogNames,
  owner: Pick<Owner, 'uid'> | undefined,
): OwnFolder | undefined {
  let held: HeldDirectory;
  try {
    held = holdInside(names.directory, OWN_FOLDER);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
  // The owner of the directory can give this name to the folder of another user.
  const { uid } = statSync(held.path);
  if (owner && process.geteuid?.() === 0 && uid !== owner.uid) {
    held.close();
    throw new PapyraError(
      'permission_denied',
      `${ownFolderPath(names)} belongs to the user with the id ${uid}, and the log to ${owner.uid}: papyra does not touch it as root`,
      { hint: 'look at it with ls -ld; remove it, or give it to the owner of the log' },
    );
  }
  const inside = (end: string): string => `${held.path}/${basename(names.log)}.${end}`;
  return {
    metrics: inside('metrics.json'),
    metricsLock: inside('metrics.lock'),
    index: inside('index'),
    archive: inside('archive.json'),
    close: () => held.close(),
  };
}

/**
 * The same, and makes the folder if it is not there, with the owner and the rights of the log. A folder that cannot be
 * given to the owner of the log would lock that user out: it is removed again.
 *
 * @throws {PapyraError} `io_error` when something else has its name.
 */
export function makeOwnFolder(names: LogNames, owner: Owner): OwnFolder {
  const path = ownFolderPath(names);
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const there = isHalfMade(path) ? undefined : openOwnFolder(names, owner);
    if (there) return there;
    if (!isHalfMade(path)) throw new PapyraError('io_error', `${path} is not a directory`, { hint: 'move it away' }); // prettier-ignore
  }
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    // First, as giveOrRemove removes the folder when it fails.
    assertJustMade(fd, path);
    giveOrRemove(fd, path, owner);
  } finally {
    closeSync(fd);
  }
  const made = openOwnFolder(names, owner);
  if (made) return made;
  throw movedAway(path);
}

function giveOrRemove(fd: number, path: string, owner: Owner): void {
  try {
    const search = (owner.mode & 0o444) >> 2;
    setCompanionOwner(fd, { ...owner, mode: (owner.mode & 0o777) | search });
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
}

/** Root was killed between mkdir and the change of owner: the folder is empty, and still root's alone. */
function isHalfMade(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  const isRoots = stat?.isDirectory() === true && stat.uid === 0 && (stat.mode & 0o777) === 0o700;
  return process.geteuid?.() === 0 && isRoots && readdirSync(path).length === 0;
}

/** Another folder may have got the name since mkdir: only an empty one that is ours may change its owner. */
function assertJustMade(fd: number, path: string): void {
  const { uid, mode } = fstatSync(fd);
  const isOurs = uid === process.geteuid?.() && (mode & 0o777) === 0o700;
  if (isOurs && readdirSync(path).length === 0) return;
  throw movedAway(path);
}

function movedAway(path: string): PapyraError {
  return new PapyraError('try_again', `${path} was moved or replaced by another process`, {
    hint: 'find out what does that, then run again',
  });
}

/**
 * Reads one of those files. Follows no link; with `owner`, root does not read the file of another user.
 *
 * @throws {NodeJS.ErrnoException} ENOENT when it is not there, ELOOP when it is a link.
 * @throws {PapyraError} `permission_denied` when root finds a file of somebody else there.
 */
export function readKept(path: string, owner: Pick<Owner, 'uid'> | undefined): Buffer {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (owner) assertSameOwner({ fd, path }, owner);
    assertNoForeignLink({ fd, path }, dirname(path));
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The owner of the files beside a log. If there is no log yet and papyra is root: the owner of the directory. */
export function ownerOf({ log, entry, directory }: LogNames): Owner {
  const stat = lstatSync(entry, { throwIfNoEntry: false });
  if (stat) {
    assertOwner(log, stat);
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const fd = openSync(entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      return ownerOfCompanions({ fd, path: log, stat });
    } finally {
      closeSync(fd);
    }
  }
  const { uid, gid } = statSync(directory);
  const me = process.geteuid?.() ?? uid;
  return { uid: me === 0 ? uid : me, gid, mode: 0o600 };
}

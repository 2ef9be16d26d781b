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

/** The folder in which papyra remembers things about the logs of a directory. */

/** Where that folder is, for looks at it. */
export function ownFolderPath({ directory }: Pick<LogNames, 'directory'>): string {
  return `${directory}/${OWN_FOLDER}`;
}

/** The files in it that are about one log. */
export interface OwnFolder {
  /** Counters over all runs, and their own lock. */
  metrics: string;
  metricsLock: string;
  /** What the log held when the last run ended. */
  index: string;
  close(): void;
}

/**
 * Opens the folder; undefined: it is not there yet, or something else is. A link in its place is not followed.
 */
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
  // Whoever owns the directory may give its name to a folder of somebody else.
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
    close: () => held.close(),
  };
}

/**
 * The same, and makes the folder where it is not there. It gives the same people the same rights as the log: who
 * may read that may look inside. One that cannot be given to the owner of the log would lock that user out, and
 * is removed again.
 *
 * @throws {PapyraError} `io_error` when something else has its name.
 */
export function makeOwnFolder(names: LogNames, owner: Owner): OwnFolder {
  const path = ownFolderPath(names);
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const there = openOwnFolder(names, owner);
    if (there) return there;
    throw new PapyraError('io_error', `${path} is not a directory`, { hint: 'move it away' });
  }
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    // What is not ours is not removed, either.
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

/** In the moment since, another folder may have got that name: only an empty one that is ours is given away. */
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
 * What one of those files holds. Not followed, and not read for the owner of the log when it is somebody else's.
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

/** Whose the files beside a log are. Before the runtime has made its log, root makes the files for the owner of the directory. */
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

// Finds out, before anything is written, why a log cannot be rewritten or shortened where it is.
import { closeSync, constants, fsyncSync, linkSync, openSync, type Stats } from 'node:fs';
import { expected, PapyraError } from '../errors/errors.js';
import { flagsOf, type FileFlags } from '../system/attributes.js';
import { whyNoLink } from '../system/link.js';
import { openNameless } from '../system/nameless.js';
import { holeFrom } from '../system/space.js';
import { collapseUnit } from './collapse.js';
import { isSparse } from './copy.js';
import { createExclusive, removeFile } from './durable.js';
import { fileId, idAt } from './identity.js';
import { carryOver } from './metadata.js';
import { mountsEverywhere, otherMountOf, overlayAbove, type SeenMount } from './mounts.js';
import type { LogNames } from './names.js';
import { assertOwner } from './ownership.js';
import type { OpenFile } from './read.js';
import { isMountPoint, mountPoint, otherLinks, unsoundKind } from './surroundings.js';
import { attempt, errnoOf, systemError } from '../errors/system-error.js';
import { assertWritersAppend } from './writers.js';

type Log = OpenFile & { stat: Stats };

/** `looksOnly`: no file with a name may be created, not even for a moment. */
export interface ObstacleOptions {
  offline: boolean;
  looksOnly: boolean;
}

/**
 * Why a log cannot be rewritten; undefined: it can. Checks that:
 *
 * - its name can be replaced: it is no mount point, and chattr +i or +a does not forbid to link, rename and remove;
 * - writers can be seen, unless `offline` says that there are none;
 * - nothing else goes on leading to the old file: a mount of the file itself, an overlay above it;
 * - a new file can get all metadata of the log, be linked and synced. This is tried out on a file without a name; where
 *   there is no such thing, on one with a name that is removed again, unless `looksOnly` is set.
 */
export function obstacleToRewrite(
  log: Log,
  names: LogNames,
  how: ObstacleOptions,
): PapyraError | undefined {
  if (isMountPoint(names.log)) return mountPoint(names.log);
  const kind = how.offline ? undefined : unsoundKind(names);
  const mounts = mountsEverywhere();
  return (
    unseenWriters(names, kind) ??
    mountedElsewhere(names, otherMountOf(log, mounts)) ??
    underOverlay(names, mounts) ??
    failureOf(() => {
      assertChangeable(log, names);
      assertProject(log, names);
      tryRewrite(log, names, how);
    })
  );
}

/**
 * The unit in which the head of a log can be removed in place.
 *
 * @throws {PapyraError} why nothing can be removed.
 */
export function unitInPlace(log: Log, names: LogNames): number {
  if (log.stat.nlink > 1) {
    throw new PapyraError(
      'io_error',
      `${otherLinks(names.log, log.stat)}: --in-place would change ${log.stat.nlink === 2 ? 'it' : 'them'}, too`,
      { hint: 'nothing was done; remove the other links, or compact without --in-place' },
    );
  }
  const above = underOverlay(names);
  if (above) throw above;
  assertChangeable(log, names);
  assertNoHoles(log);
  assertWritersAppend(log);
  return collapseUnit(names.directory);
}

/** @throws {PapyraError} `try_again` when a run cannot lock the log itself (`why`), and another name leads to it. */
export function assertOneWay(log: Log, why: string): void {
  const other = otherMountOf(log) ?? (log.stat.nlink > 1 ? 'it has other hard links' : undefined);
  if (other === undefined) return;
  throw new PapyraError('try_again', `${log.path} cannot be locked: ${why}, and ${other}`, {
    hint: 'find out why it holds the lock, then run again',
  });
}

/**
 * Asks again right before the rename: a container may have been started since.
 *
 * @throws {PapyraError} `try_again`.
 */
export function assertNotMountedElsewhere(log: OpenFile, names: LogNames): void {
  const found = mountedElsewhere(names, otherMountOf(log));
  if (found) throw found;
}

/** Why something fails, if that is an expected error; undefined: it does not fail. */
export function failureOf(work: () => void): PapyraError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return expected(error);
  }
}

function unseenWriters(names: LogNames, kind: string | undefined): PapyraError | undefined {
  if (kind === undefined) return undefined;
  return new PapyraError(
    'io_error',
    `${names.log} is on ${kind}, where writers on other hosts cannot be seen`,
    {
      hint: 'stop the runtime and run again with --offline, which asserts that nothing is writing',
    },
  );
}

function mountedElsewhere({ log }: LogNames, mount: string | undefined): PapyraError | undefined {
  if (mount === undefined) return undefined;
  return new PapyraError('try_again', `cannot rewrite ${log}: ${mount}`, {
    hint: 'whoever uses it there would keep the old file: use --in-place, which keeps the file itself, or mount its directory instead of the file',
  });
}

function underOverlay({ log }: LogNames, mounts?: SeenMount[]): PapyraError | undefined {
  const overlay = overlayAbove(log, mounts);
  if (overlay === undefined) return undefined;
  return new PapyraError('try_again', `cannot compact ${log}: ${overlay}`, {
    hint: 'what is written through the overlay would be lost: run papyra inside the container that uses the overlay, or after the overlay is unmounted',
  });
}

function assertChangeable(log: OpenFile, names: LogNames): void {
  const flags = [
    [names.log, flagsOf(log.fd)],
    [names.directory, flagsOfDirectory(names)],
  ] as const;
  for (const [path, { immutable, appendOnly }] of flags) {
    if (!immutable && !appendOnly) continue;
    const letter = immutable ? 'i' : 'a';
    throw new PapyraError('permission_denied', `${path} has chattr +${letter} set`, {
      hint: `nothing was done; lift it with chattr -${letter} ${path} for the time of the compaction`,
    });
  }
}

/** The kernel refuses to link or rename a file into a directory that gives its files another project. */
function assertProject(log: OpenFile, names: LogNames): void {
  const { project, inheritsProject } = flagsOfDirectory(names);
  const own = flagsOf(log.fd).project;
  if (!inheritsProject || project === own) return;
  throw new PapyraError(
    'io_error',
    `${names.log} has the project id ${own}, and ${names.directory} gives its files ${project}: nothing can take its place there`,
    { hint: `nothing was done; remove the expired head with --in-place, or give the log that project with chattr -p ${project}` }, // prettier-ignore
  );
}

function flagsOfDirectory({ directory }: LogNames): FileFlags {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY;
  const fd = attempt('open', directory, () => openSync(directory, flags));
  try {
    return flagsOf(fd);
  } finally {
    closeSync(fd);
  }
}

function tryRewrite(log: Log, names: LogNames, how: ObstacleOptions): void {
  // A dry run of another user shows what the owner's run would do, and tries nothing out.
  if (how.looksOnly && failureOf(() => assertOwner(log.path, log.stat))) return;
  let fd: number | undefined;
  try {
    fd = openNameless(names.directory);
  } catch (error) {
    if (how.looksOnly && ['EACCES', 'EROFS'].includes(errnoOf(error) ?? '')) return;
    throw systemError(error, 'make a file in', names.directory);
  }
  if (fd === undefined) {
    if (!how.looksOnly) tryWithName(log, names, how);
    return;
  }
  try {
    carryOver(log, { fd, path: names.directory });
    sync(fd, names.directory);
    const code = how.offline ? undefined : whyNoLink(fd, names.probe);
    if (code !== undefined) throw noSecondName(names, code);
  } finally {
    closeSync(fd);
  }
}

function tryWithName(log: Log, names: LogNames, how: ObstacleOptions): void {
  const second = names.probeLink;
  for (const left of [second, names.probe]) removeFile(left);
  let fd: number | undefined;
  try {
    fd = createExclusive(names.probe);
    carryOver(log, { fd, path: names.probe });
    sync(fd, names.directory);
    if (how.offline) return;
    linkSync(names.probe, second);
    if (idAt(second) !== fileId(fd)) throw readLockRefused(names);
  } catch (error) {
    if (error instanceof PapyraError) throw error;
    if ((error as NodeJS.ErrnoException).syscall === 'link')
      throw noSecondName(names, errnoOf(error)!);
    throw systemError(error, 'make a file in', names.directory);
  } finally {
    if (fd !== undefined) closeSync(fd);
    removeFile(second);
    removeFile(names.probe);
  }
}

function sync(fd: number, directory: string): void {
  try {
    fsyncSync(fd);
  } catch (error) {
    throw systemError(error, 'sync a file in', directory);
  }
}

export function noSecondName(names: LogNames, code: string): PapyraError {
  return new PapyraError(
    code === 'EPERM' || code === 'EACCES' ? 'permission_denied' : 'io_error',
    `${names.directory} does not allow a second name for ${names.log} (${code})`,
    {
      hint: 'look for chattr +a or +i on it; on a file system without hard links stop the runtime and use --offline',
    },
  );
}

/** The error for a link that has another inode number than its file. */
export function readLockRefused({ log, directory }: LogNames): PapyraError {
  return new PapyraError(
    'io_error',
    `a second name of ${log} is another file in ${directory}: its file system does not keep inode numbers`,
    { hint: 'stop the runtime and use --offline, or remove the expired head with --in-place' },
  );
}

/** After a crash a hole of the log could not be told apart from one that a collapse left. */
function assertNoHoles(log: Log): void {
  if (!isSparse(log.stat) || firstHole(log) === undefined) return;
  throw new PapyraError('io_error', `${log.path} has holes: --in-place would close them`, {
    hint: 'nothing was done; look at what made them (a writer without O_APPEND after a truncation), and compact without --in-place',
  });
}

function firstHole({ fd, path, stat }: Log): number | undefined {
  const at = attempt('look for holes in', path, () => holeFrom(fd, 0));
  return at < stat.size ? at : undefined;
}

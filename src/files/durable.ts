import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors.js';
import type { OpenFile } from './read.js';
import { attempt, errnoOf } from './system-error.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_APPEND, O_RDONLY, O_DIRECTORY } = constants;

/** Owner and mode that a new file takes over from the log. */
export type Owner = Pick<Stats, 'uid' | 'gid' | 'mode'>;

/** Writes all of it. `write(2)` may take less than it was given without an error. */
export function writeAll(fd: number, data: Uint8Array): void {
  for (let at = 0; at < data.length;) at += writeSync(fd, data, at, data.length - at);
}

/** Makes created, renamed and removed names of a directory survive a power loss. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A new file, opened for reading and appending. Its mode is the owner's alone until it is `adopt`ed. */
export function createExclusive(path: string): number {
  return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/**
 * Opens a file that stays beside the log, created when it is not there, with the log's owner and mode
 * so that a run as root does not lock the application's own user out.
 */
export function openCompanion(path: string, owner: Owner): number {
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return openSync(path, O_RDWR | O_NOFOLLOW);
  }
  try {
    adoptBeside(fd, owner);
  } catch (error) {
    closeSync(fd);
    rmSync(path, { force: true });
    throw error;
  }
  return fd;
}

/** Opens the very file of a descriptor for writing, whatever its name is by now, for the time of `use`. */
export async function withWriting<T>(
  file: OpenFile,
  use: (fd: number) => Promise<T> | T,
): Promise<T> {
  const fd = attempt('open for writing', file.path, () =>
    openSync(`/proc/self/fd/${file.fd}`, O_RDWR),
  );
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Gives a file the owner, group and mode of the log. In this order: chown clears set-id bits. */
export function adopt(fd: number, owner: Owner): void {
  const mine = fstatSync(fd);
  if (mine.uid !== owner.uid || mine.gid !== owner.gid) fchownSync(fd, owner.uid, owner.gid);
  fchmodSync(fd, owner.mode & 0o7777);
}

/**
 * The same for a file or folder that stays beside the log, always writable by its owner. One that would
 * not be the log owner's would lock that user out. A group that only root could give it is not needed:
 * without it the group has no rights.
 */
export function adoptBeside(fd: number, owner: Owner): void {
  const mine = fstatSync(fd);
  const own = mine.isDirectory() ? 0o700 : 0o600;
  if (mine.uid !== owner.uid) fchownSync(fd, owner.uid, mine.gid);
  let mode = owner.mode | own;
  try {
    if (mine.gid !== owner.gid) fchownSync(fd, owner.uid, owner.gid);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
    mode &= ~0o070;
  }
  fchmodSync(fd, mode & 0o7777);
}

/**
 * A log can be replaced, and files kept beside it, only by its owner or root.
 *
 * @throws {PapyraError} `permission_denied` for anybody else, before anything is made.
 */
export function assertOwner(path: string, { uid, gid }: Owner): void {
  const me = process.geteuid?.();
  if (me === undefined || me === 0) return;
  if (me !== uid) {
    throw new PapyraError(
      'permission_denied',
      `${path} belongs to the user with the id ${uid}, papyra runs as ${me}`,
      { hint: 'run papyra as the user that owns the log, or as root' },
    );
  }
  const mine = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  if (mine.includes(gid)) return;
  throw new PapyraError(
    'permission_denied',
    `${path} belongs to the group with the id ${gid}, which is none of this user's: its next content could not be given to it`,
    { hint: 'run papyra as root, or give the log one of your groups with chgrp' },
  );
}

/**
 * Replaces a small file by new content: after a crash there is the old one or the new one, whole. The caller
 * holds a lock: what an earlier run left is nobody's.
 */
export function replaceFile(path: string, content: string | Uint8Array, owner: Owner): void {
  const temp = `${path}.tmp`;
  rmSync(temp, { force: true });
  putOver(path, temp, content, (fd) => {
    adoptBeside(fd, owner);
    fsyncSync(fd);
  });
  syncDirectory(dirname(path));
}

/**
 * Replaces a small file that anybody may read: whoever looks finds the old one or the new one, whole. Two
 * processes may do so at the same time, also in containers, where their numbers may be the same. A link is
 * replaced, not followed.
 */
export function publishFile(path: string, content: string): void {
  // Not node:crypto, which every run would load.
  const temp = join(dirname(path), `${unpublished(path)}${crypto.randomUUID()}`);
  putOver(path, temp, content, (fd) => fchmodSync(fd, 0o644));
  removeUnpublished(path);
}

/** How the temporary names of a text begin. */
function unpublished(path: string): string {
  return `.${basename(path)}.papyra.`;
}

/** Writing one takes no more than a moment: an older one is of a run that was killed. */
const UNPUBLISHED_MS = 60_000;

/** Only tidying up: what cannot be looked at, or belongs to somebody else, stays. */
function removeUnpublished(path: string): void {
  const directory = dirname(path);
  const beginning = unpublished(path);
  const isOurs = (name: string): boolean =>
    name.startsWith(beginning) && /^[0-9a-f-]+$/.test(name.slice(beginning.length));
  try {
    for (const name of readdirSync(directory).filter(isOurs)) {
      const left = join(directory, name);
      if (Date.now() - lstatSync(left).mtimeMs > UNPUBLISHED_MS) rmSync(left);
    }
  } catch {
    // The next run tries again.
  }
}

function putOver(
  path: string,
  temp: string,
  content: string | Uint8Array,
  finish: (fd: number) => void,
): void {
  const fd = createExclusive(temp);
  try {
    writeAll(fd, typeof content === 'string' ? Buffer.from(content) : content);
    finish(fd);
    renameSync(temp, path);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

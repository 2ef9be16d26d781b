import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './system-error.js';

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
  adoptIfAllowed(fd, owner);
  return fd;
}

/** Gives a file the owner, group and mode of the log. In this order: chown clears set-id bits. */
export function adopt(fd: number, owner: Owner): void {
  const mine = fstatSync(fd);
  if (mine.uid !== owner.uid || mine.gid !== owner.gid) fchownSync(fd, owner.uid, owner.gid);
  fchmodSync(fd, owner.mode & 0o7777);
}

/**
 * The same for a file or folder that stays beside the log, always writable by its owner. Only root may
 * give a file away: a companion may stay ours, a log may not.
 */
export function adoptIfAllowed(fd: number, owner: Owner): void {
  const own = fstatSync(fd).isDirectory() ? 0o700 : 0o600;
  try {
    adopt(fd, { ...owner, mode: owner.mode | own });
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
  }
}

/** Replaces a small file by new content: after a crash there is the old one or the new one, whole. */
export function replaceFile(path: string, content: string, owner: Owner): void {
  const temp = `${path}.tmp`;
  rmSync(temp, { force: true });
  const fd = createExclusive(temp);
  try {
    adoptIfAllowed(fd, owner);
    writeAll(fd, Buffer.from(content));
    fsyncSync(fd);
    renameSync(temp, path);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  syncDirectory(dirname(path));
}

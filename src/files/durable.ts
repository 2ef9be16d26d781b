import { ownPrefix } from './file-names.js';
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { holdDirectory } from './directory.js';
import { fileId } from './identity.js';
import { setCompanionOwner, type Owner } from './ownership.js';
import type { OpenFile } from './read.js';
import { resolveTo } from './resolve.js';
import { attempt, errnoOf } from '../errors/system-error.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR, O_APPEND, O_RDONLY, O_DIRECTORY } = constants;

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

/** Removes a name, if it is there. Not rmSync, which asks again as for a directory when it is refused. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/**
 * Opens the very file of a descriptor for writing, whatever its name is by now, for the time of `use`. Without
 * /proc by the name, which must still be its own.
 */
export async function withWriting<T>(
  file: OpenFile,
  use: (fd: number) => Promise<T> | T,
): Promise<T> {
  const fd = attempt('open for writing', file.path, () => reopen(file));
  try {
    return await use(fd);
  } finally {
    closeSync(fd);
  }
}

function reopen({ fd, path }: OpenFile): number {
  const through = `/proc/self/fd/${fd}`;
  if (existsSync(through)) return openSync(through, O_RDWR);
  const again = openSync(path, O_RDWR | O_NOFOLLOW);
  if (fileId(again) === fileId(fd)) return again;
  closeSync(again);
  throw new PapyraError('try_again', `${path} was moved or replaced by another process`, {
    hint: 'find out what moves it, then run again',
  });
}

/**
 * Replaces a small file by new content: after a crash there is the old one or the new one, whole. The caller
 * holds a lock: what an earlier run left is nobody's.
 */
export function replaceFile(path: string, content: string | Uint8Array, owner: Owner): void {
  const temp = `${path}.tmp`;
  removeFile(temp);
  putOver(path, temp, content, (fd) => {
    setCompanionOwner(fd, owner);
    fsyncSync(fd);
  });
  syncDirectory(dirname(path));
}

/**
 * Replaces a small file that anybody may read: whoever looks finds the old one or the new one, whole. Two
 * processes may do so at the same time, also in containers, where their numbers may be the same. A link is
 * replaced, not followed.
 */
export function publishFile(named: string, content: string): void {
  const directory = dirname(named);
  const held = holdDirectory(resolveTo(directory));
  try {
    const path = join(held.path, basename(named));
    // Not node:crypto, which every run would load.
    const temp = join(held.path, `${ownPrefix(basename(path))}${crypto.randomUUID()}`);
    putOver(path, temp, content, (fd) => fchmodSync(fd, 0o644));
    removeUnpublished(path);
  } finally {
    held.close();
  }
}

/** Writing one takes no more than a moment: an older one is of a run that was killed. */
const UNPUBLISHED_MS = 60_000;

/** Only tidying up: what cannot be looked at, or belongs to somebody else, stays. */
function removeUnpublished(path: string): void {
  const directory = dirname(path);
  const beginning = ownPrefix(basename(path));
  const isOurs = (name: string): boolean =>
    name.startsWith(beginning) && /^[0-9a-f-]+$/.test(name.slice(beginning.length));
  try {
    for (const name of readdirSync(directory).filter(isOurs)) {
      const left = join(directory, name);
      if (Date.now() - lstatSync(left).mtimeMs > UNPUBLISHED_MS) removeFile(left);
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
    removeFile(temp);
    throw error;
  } finally {
    closeSync(fd);
  }
}

// Creates, writes, syncs, replaces and removes files and names, with guarantees that node:fs does not give.
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

/** Repeats write(2), which may write less than it was given without an error. */
export function writeAll(fd: number, data: Uint8Array): void {
  for (let at = 0; at < data.length;) at += writeSync(fd, data, at, data.length - at);
}

/** After this, the names that were created, renamed and removed in a directory survive a power loss. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes a new file and opens it for reading and appending. Only its owner may open it, until its mode is set. */
export function createExclusive(path: string): number {
  return openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** Removes a name, if it is there. Not by rmSync: that tries rmdir(2) when unlink(2) is refused. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Opens the file of a descriptor for writing, whatever its name is now. Without /proc it must still have its name. */
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

/** After a crash the file has its old or new content, whole. The caller holds a lock: `.tmp` can only be a leftover. */
export function replaceFile(path: string, content: string | Uint8Array, owner: Owner): void {
  const temp = `${path}.tmp`;
  removeFile(temp);
  putOver(path, temp, content, (fd) => {
    setCompanionOwner(fd, owner);
  });
  syncDirectory(dirname(path));
}

/**
 * Replaces a small file that everybody may read: a reader finds the old or the new content, whole. Two processes may
 * do so at the same time, also in containers, with the same process id. A link is replaced, not followed.
 */
export function publishFile(named: string, content: string): void {
  const directory = dirname(named);
  const held = holdDirectory(resolveTo(directory));
  try {
    const path = join(held.path, basename(named));
    // The global `crypto`, as importing node:crypto would slow down every run.
    const temp = join(held.path, `${ownPrefix(basename(path))}${crypto.randomUUID()}`);
    putOver(path, temp, content, (fd) => {
      fchmodSync(fd, 0o644);
    });
    removeUnpublished(path);
  } finally {
    held.close();
  }
}

/** A temporary file that is older was left by a run that was killed: writing one takes a moment. */
const UNPUBLISHED_MS = 60_000;

/** Removes such temporary files; those that cannot be removed stay. */
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
  setAttributes: (fd: number) => void,
): void {
  const fd = createExclusive(temp);
  try {
    writeAll(fd, typeof content === 'string' ? Buffer.from(content) : content);
    setAttributes(fd);
    // Otherwise a power loss may leave the name with NULs behind it, which no later run would take for its own.
    fsyncSync(fd);
    renameSync(temp, path);
  } catch (error) {
    removeFile(temp);
    throw error;
  } finally {
    closeSync(fd);
  }
}

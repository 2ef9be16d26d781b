// Moves a file into a directory, under a name that is free there, also to another file system.
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf, systemError } from '../errors/system-error.js';
import { holdDirectory } from './directory.js';
import { removeFile, syncDirectory } from './durable.js';
import type { OpenFile } from './read.js';
import { resolveTo } from './resolve.js';

/**
 * Order of steps: rename, sync both directories. Between file systems: copy, sync the copy and its directory, unlink. A
 * crash before the last step leaves the file where it was, and perhaps a copy of it.
 *
 * @throws {PapyraError} when it cannot be moved; it is where it was then.
 */
export function moveAside(file: OpenFile, directory: string, name: string): string {
  const held = holdDirectory(resolveTo(directory));
  try {
    moveTo(file, join(held.path, name));
    syncDirectory(held.path);
    syncDirectory(dirname(file.path));
  } finally {
    held.close();
  }
  return join(directory, name);
}

function moveTo(file: OpenFile, to: string): void {
  const from = file.path;
  try {
    renameSync(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw systemError(error, 'move', from);
    copyOver(file, to);
  }
}

/** Through the descriptor: another file may have got its name. */
function copyOver({ fd: source, path: from }: OpenFile, to: string): void {
  try {
    copyFileSync(`/proc/self/fd/${source}`, to, constants.COPYFILE_EXCL);
    const fd = openSync(to, constants.O_RDONLY);
    fsyncSync(fd);
    closeSync(fd);
    syncDirectory(dirname(to));
  } catch (error) {
    removeFile(to);
    throw systemError(error, 'copy', from);
  }
  unlinkSync(from);
}

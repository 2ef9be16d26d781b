import { closeSync, constants, lstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { PapyraError } from '../errors.js';
import { adoptBeside, assertOwner, type Owner } from './durable.js';
import { errnoOf } from './system-error.js';

/**
 * Makes the folder in which papyra remembers things about the logs of a directory. It gives the same
 * people the same rights as the log: who may read that may look inside.
 */
export function makeHome(home: string, owner: Owner): void {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  try {
    mkdirSync(home, 0o700);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    if (lstatSync(home).isDirectory()) return;
    throw new PapyraError('io_error', `${home} is not a directory`, { hint: 'move it away' });
  }
  const fd = openSync(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const search = (owner.mode & 0o444) >> 2;
    adoptBeside(fd, { ...owner, mode: (owner.mode & 0o777) | search });
  } finally {
    closeSync(fd);
  }
}

/** Whose the files beside a log are. Before the runtime has made its log, root makes the files for the owner of the directory. */
export function ownerOf(log: string, directory: string): Owner {
  const stat = statSync(log, { throwIfNoEntry: false });
  if (stat) {
    assertOwner(log, stat);
    return stat;
  }
  const { uid, gid } = statSync(directory);
  const me = process.geteuid?.() ?? uid;
  return { uid: me === 0 ? uid : me, gid, mode: 0o600 };
}

import { closeSync, constants, openSync } from 'node:fs';
import { isOddLock } from './lock-place.js';
import { readSignature } from './lock-signature.js';
import { errnoOf, systemError } from './system-error.js';
import { lookInProc } from './writers.js';

/** Who has taken a lock, and when: as far as its file and the kernel tell. */
export interface LockHolder {
  pid: number;
  command: string;
  /** What the file says; null: it does not say so of this process. */
  since: Date | null;
}

/** Something that has the name of the lock file and is none. */
export interface OddLock {
  odd: string;
}

/**
 * Looks who has a lock file open, as only those have who hold the lock or wait for it; the file itself says
 * which of them holds it. Takes nothing. null: nobody that can be seen.
 */
export function lockHolder(path: string): LockHolder | OddLock | null {
  if (isOddLock(path)) return { odd: path };
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EACCES') return null;
    throw systemError(error, 'open the lock file', path);
  }
  try {
    const look = lookInProc({ fd, path });
    if (look.who !== 'somebody') return null;
    const signature = readSignature(fd);
    const signer = look.writers.find((writer) => writer.pid === signature?.pid);
    const { pid: holder, command } = signer ?? look.writers[0]!;
    const time = new Date(signature?.since ?? NaN);
    const known = signer !== undefined && !Number.isNaN(time.getTime());
    return { pid: holder, command, since: known ? time : null };
  } finally {
    closeSync(fd);
  }
}

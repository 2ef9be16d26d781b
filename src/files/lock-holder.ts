// Finds out who holds a lock, from the signature in its file and from the kernel.
import { closeSync, constants, openSync } from 'node:fs';
import { hostname } from 'node:os';
import { PapyraError } from '../errors/errors.js';
import { isOddLock } from './lock-place.js';
import { holderSignature, readSignature } from './lock-signature.js';
import { lockingProcesses } from './proc-locks.js';
import type { OpenFile } from './read.js';
import { errnoOf, systemError } from '../errors/system-error.js';

export interface LockHolder {
  pid: number;
  command: string;
  /** From the signature; null: it is not of this process. */
  since: Date | null;
}

/** The path of a lock file where something else has its name. */
export interface OddLock {
  odd: string;
}

/** Looks who holds a lock, without taking it. null: nobody that can be seen. */
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
    const [holder] = lockingProcesses({ fd, path });
    if (!holder) return null;
    const signature = readSignature(fd);
    const time = new Date(signature?.pid === holder.pid ? signature.since : NaN);
    const { pid, command } = holder;
    return { pid, command, since: Number.isNaN(time.getTime()) ? null : time };
  } finally {
    closeSync(fd);
  }
}

/** The error for a lock that could not be taken: it names the holder by its signature, or as the kernel does. */
export async function heldBy(lock: OpenFile, target: string): Promise<PapyraError> {
  const signature = await holderSignature(lock.fd);
  const holders = lockingProcesses(lock);
  const isSigner = (pid: number) => pid === signature?.pid;
  const isElsewhere = signature !== null && signature.host !== hostname();
  const isSigned = holders.length === 0 || isElsewhere || holders.some(({ pid }) => isSigner(pid));
  if (isSigned) {
    return new PapyraError(
      'try_again',
      `another run of papyra is working on ${target}${signature ? ` (${signature.text})` : ''}`,
      { hint: 'run again when it has finished, or wait for it with --lock-wait 10m' },
    );
  }
  const who = holders.map(({ pid, command }) => `pid ${pid} (${command})`).join(', ');
  return new PapyraError('try_again', `the lock of ${target} is held by ${who}`, {
    hint: `it has not signed ${lock.path} as a run of papyra does: find out what it is, then run again`,
  });
}

import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../units/clock.js';
import { PapyraError, interruption } from '../errors/errors.js';
import { assertAvailable } from '../system/library.js';
import { tryLock } from '../system/locks.js';
import { removeFile } from './durable.js';
import { isOddLock, oddLock } from './lock-place.js';
import { heldBy } from './lock-holder.js';
import { writeSignature } from './lock-signature.js';
import {
  setCompanionOwner,
  assertNoForeignLink,
  assertSameOwner,
  dropInheritedRights,
  type Owner,
} from './ownership.js';
import { lockingProcesses, type LockingProcess } from './proc-locks.js';
import type { OpenFile } from './read.js';
import { attempt, errnoOf } from '../errors/system-error.js';

const RETRY_MS = 100;

export interface Patience {
  /** Milliseconds to wait for another holder; 0: do not wait. */
  waitMs: number;
  signal?: AbortSignal | undefined;
}

export interface LockRequest extends Patience {
  /** The lock file; created when missing, never removed. */
  path: string;
  /** What it guards, for the message. */
  target: string;
  owner: Owner;
}

export interface Lock {
  release(): void;
}

/**
 * @throws {PapyraError} `config_invalid` where no lock can be taken at all.
 */
export function assertLockable(): void {
  assertAvailable();
}

/**
 * An exclusive lock, held through an open descriptor: the kernel frees it when the process ends, however it ends.
 *
 * @throws {PapyraError} `try_again` when somebody else holds it; `config_invalid` where no lock can be taken;
 * `io_error` where the lock file is none.
 */
export async function takeLock(request: LockRequest): Promise<Lock> {
  const { path, owner } = request;
  // Before a file is made for it.
  assertLockable();
  const fd = attempt('open the lock file', path, () => openLockFile(path, owner));
  const file = { fd, path };
  try {
    const taken = await waitForLock(file, request, () => true);
    if (!taken) throw await heldBy(file, request.target);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  writeSignature(fd);
  return { release: () => closeSync(fd) };
}

/**
 * The same on the log itself: a log that is mounted a second time, alone, has two names, and so two lock files.
 * Gone with the descriptor. Whoever may read the log can hold such a lock, without the right to write: that is no
 * run of papyra, and no reason to wait for ever.
 *
 * @returns who holds it without that right; undefined: it is ours.
 */
export async function lockLog(
  log: OpenFile,
  owner: Owner,
  patience: Patience,
): Promise<LockingProcess | undefined> {
  const isOutsider = ({ uids }: LockingProcess) =>
    uids.length > 0 && !uids.includes(0) && !uids.includes(owner.uid);
  let outsider: LockingProcess | undefined;
  const taken = await waitForLock(log, patience, () => {
    const holders = lockingProcesses(log);
    outsider = holders.every(isOutsider) ? holders[0] : undefined;
    return outsider === undefined;
  });
  if (taken || outsider) return taken ? undefined : outsider;
  const who = lockingProcesses(log).map(({ pid, command }) => `pid ${pid} (${command})`).join(', '); // prettier-ignore
  throw new PapyraError(
    'try_again',
    `another run of papyra is working on ${log.path}${who && `: ${who}`}`,
    { hint: 'it does so under another name of the log; run again when it has finished' },
  );
}

/** False when the time is over, or `goOn`, which is asked after each refusal, says so. */
async function waitForLock(
  { fd, path }: OpenFile,
  { waitMs, signal }: Patience,
  goOn: () => boolean,
): Promise<boolean> {
  const deadline = monotonicMs() + waitMs;
  while (!attempt('lock', path, () => lockOrSay(fd))) {
    if (signal?.aborted) throw interruption(signal);
    if (!goOn() || monotonicMs() >= deadline) return false;
    await sleep(RETRY_MS);
  }
  return true;
}

/** A sandbox (seccomp) may forbid the call: that is no matter of the file. */
function lockOrSay(fd: number): boolean {
  try {
    return tryLock(fd);
  } catch (error) {
    // NFS locks only what is open for writing: there the lock file alone has to do.
    if (errnoOf(error) === 'EBADF') return true;
    if (!['EPERM', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
    throw new PapyraError('config_invalid', `flock(2) is not allowed here (${errnoOf(error)!})`, {
      hint: 'nothing was done; allow it in the seccomp profile or sandbox. Without it these still work: dry runs, doctor, config, schedule, reading metrics, and Redis',
      cause: error,
    });
  }
}

/**
 * Opening a lock to read is enough to hold it. So only those may who may write the log: a group that may only read
 * it has no rights here.
 */
function lockOwner({ uid, gid, mode }: Owner): Owner {
  const rights = (write: number, all: number): number => ((mode & write) === 0 ? 0 : all);
  return { uid, gid, mode: 0o600 | rights(0o020, 0o060) | rights(0o002, 0o006) };
}

function openLockFile(path: string, owner: Owner): number {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
  const rights = lockOwner(owner);
  if (isOddLock(path)) throw oddLock(path);
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    fd = openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    try {
      assertLock(fd, path, owner);
      narrow(fd, rights);
      return fd;
    } catch (failure) {
      closeSync(fd);
      throw failure;
    }
  }
  try {
    setCompanionOwner(fd, rights);
  } catch (error) {
    closeSync(fd);
    removeFile(path);
    throw error;
  }
  return fd;
}

/** What has the name may have come between the look and the opening. */
function assertLock(fd: number, path: string, owner: Owner): void {
  if (!fstatSync(fd).isFile()) throw oddLock(path);
  assertSameOwner({ fd, path }, owner);
  assertNoForeignLink({ fd, path }, dirname(path));
}

/** An earlier version gave it the mode of the log. Only its owner and root can mend that. */
function narrow(fd: number, { mode }: Owner): void {
  const now = fstatSync(fd);
  const me = process.geteuid?.();
  if (me !== 0 && me !== now.uid) return;
  dropInheritedRights(fd);
  const narrowed = now.mode & mode & 0o777;
  if (narrowed !== (now.mode & 0o777)) fchmodSync(fd, narrowed | 0o600);
}

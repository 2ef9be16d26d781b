// Takes the locks that keep two runs from working on one store at the same time.
//
// 1. Open the lock file, which is made when it is missing and never removed (unlinking a lock file is a race).
// 2. flock(2) it, exclusively. The kernel frees the lock when the process ends, however it ends: nothing is to mend.
// 3. Sign it (lock-signature.ts), for the message of those who find it taken.
// 4. The caller opens the log and locks that, too (`lockLog`): a file that is mounted a second time, alone, has two
//    names, and so two lock files.
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
  /** The lock file. */
  path: string;
  /** What the lock guards, for the message. */
  target: string;
  owner: Owner;
}

export interface Lock {
  release(): void;
}

/** @throws {PapyraError} `config_invalid` where no lock can be taken at all. */
export function assertLockable(): void {
  assertAvailable();
}

/**
 * Steps 1 to 3.
 *
 * @throws {PapyraError} `try_again` when another process holds it; `config_invalid` where no lock can be taken;
 * `io_error` when something else has the name of the lock file.
 */
export async function takeLock(request: LockRequest): Promise<Lock> {
  const { path, owner } = request;
  // Before the lock file is made.
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
 * Step 4. Closing the log frees the lock. Any user who may read the log can hold such a lock, also without the right to
 * write: that process is no run of papyra, and is not waited for.
 *
 * @returns a process that holds the lock without that right; undefined: we have the lock.
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

/** Returns false when the time is over, or when `goOn`, which is asked after each refusal, says no. */
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

/** False: another process holds the lock. A sandbox (seccomp) may forbid the call, whatever the file is. */
function lockOrSay(fd: number): boolean {
  try {
    return tryLock(fd);
  } catch (error) {
    // NFS locks only files that are open for writing: there the lock file must be enough.
    if (errnoOf(error) === 'EBADF') return true;
    if (!['EPERM', 'ENOSYS'].includes(errnoOf(error) ?? '')) throw error;
    throw new PapyraError('config_invalid', `flock(2) is not allowed here (${errnoOf(error)!})`, {
      hint: 'nothing was done; allow it in the seccomp profile or sandbox. Without it these still work: dry runs, doctor, config, schedule, reading metrics, and Redis',
      cause: error,
    });
  }
}

/** Who may open the lock file, even to read, can hold the lock: only those may who may write to the log. */
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
      if (isHalfMade(fd)) setCompanionOwner(fd, rights);
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

/** Root was killed between the creation of the file and its change of owner: it is empty, and still root's alone. */
function isHalfMade(fd: number): boolean {
  const { uid, size, nlink, mode } = fstatSync(fd);
  return process.geteuid?.() === 0 && uid === 0 && size === 0 && nlink === 1 && (mode & 0o777) === 0o600; // prettier-ignore
}

/** Checks the open file: another one may have got the name after `isOddLock` looked. */
function assertLock(fd: number, path: string, owner: Owner): void {
  if (!fstatSync(fd).isFile()) throw oddLock(path);
  assertSameOwner({ fd, path }, owner);
  assertNoForeignLink({ fd, path }, dirname(path));
}

/** Takes back rights that an earlier version gave (the mode of the log). Only the owner and root can do so. */
function narrow(fd: number, { mode }: Owner): void {
  const now = fstatSync(fd);
  const me = process.geteuid?.();
  if (me !== 0 && me !== now.uid) return;
  dropInheritedRights(fd);
  const narrowed = now.mode & mode & 0o777;
  if (narrowed !== (now.mode & 0o777)) fchmodSync(fd, narrowed | 0o600);
}

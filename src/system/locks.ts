// Calls flock(2) and the read leases of fcntl(2).
import { call, codeOf } from './library.js';

const FLOCK = 'int flock(int fd, int operation)';
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Takes an exclusive lock without waiting. The kernel frees it when the descriptor is closed, however the process ends.
 *
 * @returns false when another process holds one.
 */
export function tryLock(fd: number): boolean {
  for (;;) {
    try {
      call(FLOCK, fd, LOCK_EX | LOCK_NB);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EINTR') continue;
      // On Linux EWOULDBLOCK is the same number.
      if (codeOf(error) === 'EAGAIN' || codeOf(error) === 'EWOULDBLOCK') return false;
      throw error;
    }
  }
}

const FCNTL = 'int fcntl(int fd, int command, ...)';
const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
/** This signal is ignored by default; the default signal of a lease, SIGIO, would end this process. */
const SIGURG = 23;

/**
 * The kernel grants a read lease only if no process in any container has the file open for writing. The lease is given
 * back at once; an open() in between waits for that.
 *
 * @returns `refused`: a process has it open for writing; `unknown`: this user may not ask (only the owner of the file
 * and root may), or the file system has no leases.
 */
export function askForReadLease(fd: number): 'granted' | 'refused' | 'unknown' {
  if (process.platform !== 'linux') return 'unknown';
  try {
    call(FCNTL, fd, F_SETSIG, 'int', SIGURG);
    call(FCNTL, fd, F_SETLEASE, 'int', F_RDLCK);
    call(FCNTL, fd, F_SETLEASE, 'int', F_UNLCK);
    return 'granted';
  } catch (error) {
    return codeOf(error) === 'EAGAIN' ? 'refused' : 'unknown';
  }
}

/**
 * Does some work while nobody else can open a file: the kernel grants a write lease only when this descriptor is the one
 * way in which it is open, and an open() that comes in between waits until the lease is given back.
 *
 * @param fd is open for reading and writing.
 * @returns false, and nothing was done: somebody else has it open, or no lease can be had here.
 */
export function whileAlone(fd: number, work: () => void): boolean {
  if (process.platform !== 'linux') return false;
  try {
    call(FCNTL, fd, F_SETSIG, 'int', SIGURG);
    call(FCNTL, fd, F_SETLEASE, 'int', F_WRLCK);
  } catch {
    return false;
  }
  try {
    work();
    return true;
  } finally {
    call(FCNTL, fd, F_SETLEASE, 'int', F_UNLCK);
  }
}

/** Makes `fd` another name of the open file `other`, as dup2(2) does. */
export function replaceDescriptor(other: number, fd: number): void {
  call('int dup2(int from, int to)', other, fd);
}

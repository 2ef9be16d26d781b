// Turns errors of system calls into PapyraErrors.
import { constants } from 'node:os';
import { PapyraError, type ErrorCode } from './errors.js';

const REASONS: Record<string, { code: ErrorCode; reason: string; hint?: string }> = {
  EACCES: {
    code: 'permission_denied',
    reason: 'permission denied',
    hint: 'run papyra as the user that owns the log, or as root',
  },
  EPERM: {
    code: 'permission_denied',
    reason: 'operation not permitted',
    hint: 'run papyra as the user that owns the log, or as root; look for chattr +i or +a on it',
  },
  ENOENT: {
    code: 'not_found',
    reason: 'no such file or directory',
    hint: 'check the path; nothing was done',
  },
  ENOTDIR: {
    code: 'not_found',
    reason: 'a part of the path is not a directory',
    hint: 'check the path; nothing was done',
  },
  EISDIR: { code: 'not_found', reason: 'it is a directory' },
  ELOOP: {
    code: 'io_error',
    reason: 'a symbolic link where none may be, or a loop of them',
    hint: 'look at it with ls -l; move it away if it is not yours',
  },
  ENAMETOOLONG: { code: 'io_error', reason: 'the name is too long', hint: 'use a shorter path' },
  ENOSPC: {
    code: 'io_error',
    reason: 'no space left on the device',
    hint: 'free some space: papyra-emergency(7) says how',
  },
  EDQUOT: { code: 'io_error', reason: 'the disk quota is used up', hint: 'raise the quota' },
  EFBIG: { code: 'io_error', reason: 'the file size limit is reached', hint: 'see ulimit -f' },
  EROFS: {
    code: 'io_error',
    reason: 'the file system is read-only',
    hint: 'remount it, and look at dmesg for why it is',
  },
  EIO: {
    code: 'io_error',
    reason: 'input/output error',
    hint: 'look at dmesg: the disk may be failing',
  },
  EOVERFLOW: {
    code: 'permission_denied',
    reason: 'its owner has no id in this user namespace or on this mount',
    hint: 'run papyra where the owner of the log is known, such as on the host',
  },
  EMFILE: { code: 'io_error', reason: 'too many open files', hint: 'raise ulimit -n' },
};

function nameOf(errno: number | undefined): string | undefined {
  return Object.entries(constants.errno).find(([, number]) => number === -(errno ?? 0))?.[0];
}

/** The `code` of an error thrown by Node's file system calls; undefined for any other value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof PapyraError) return undefined;
  const { code, errno } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return undefined;
  // Node lacks the names of some, such as EDQUOT.
  return code.startsWith('Unknown system error') ? (nameOf(errno) ?? code) : code;
}

/** The message is `cannot <action> <path>: <reason>`. Returns anything but a system error as it is. */
export function systemError(error: unknown, action: string, path: string): unknown {
  if (error instanceof PapyraError) return error;
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const { code, reason, hint } = REASONS[errno] ?? { code: 'io_error', reason: errno };
  const options = { cause: error, ...(hint === undefined ? {} : { hint }) };
  return new PapyraError(code, `cannot ${action} ${path}: ${reason}`, options);
}

/** Runs a system call; throws its failure as a PapyraError. */
export function attempt<T>(action: string, path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw systemError(error, action, path);
  }
}

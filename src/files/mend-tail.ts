// Mends the end of a log in place: cuts off a torn line, or ends a whole one with its newline.
//
// Between a look at the end and the change of it a writer could append, and its record would be cut off or glued to what
// is there. So the change is made under a write lease: the kernel grants it only while nobody else has the file open,
// and whoever opens it meanwhile waits. Where there is no lease to be had, nothing is done, and the caller rewrites the log.
//
// A crash leaves the log as it was, or mended: ftruncate(2) and a write of one byte are not done by halves.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  writeSync,
} from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { attempt } from '../errors/system-error.js';
import { replaceDescriptor, tryLock, whileAlone } from '../system/locks.js';
import type { OpenFile } from './read.js';

/** Bytes behind the last newline that nobody is writing any more. */
export interface TornEnd {
  start: number;
  end: number;
  /** They are a whole record: only its newline is missing. */
  isRecord: boolean;
  /** It was mended in place. */
  isMended?: boolean;
}

/** @returns false: somebody else has the log open, or it is not what it was; nothing was done. */
export function mendTail(log: OpenFile, torn: TornEnd, { offline }: { offline: boolean }): boolean {
  const mend = (): boolean => {
    if (fstatSync(log.fd).size !== torn.end) return false;
    if (torn.isRecord) attempt('write', log.path, () => writeSync(log.fd, '\n', torn.end));
    else attempt('shorten', log.path, () => ftruncateSync(log.fd, torn.start));
    return true;
  };
  return withSoleDescriptor(log, () => {
    let mended = false;
    if (offline) mended = mend();
    else whileAlone(log.fd, () => (mended = mend()));
    if (mended) attempt('sync', log.path, () => fsyncSync(log.fd));
    return mended;
  });
}

/** Our own second descriptor would be in the way of the lease: the one that there is becomes writable for a while. */
function withSoleDescriptor<T>(log: OpenFile, use: () => T): T {
  const reopen = (flags: number): void => {
    const again = attempt('open for writing', log.path, () => openSync(`/proc/self/fd/${log.fd}`, flags)); // prettier-ignore
    replaceDescriptor(again, log.fd);
    closeSync(again);
    // The lock of the run on the log itself went with its old descriptor.
    if (!tryLock(log.fd)) throw new PapyraError('try_again', `another run is at work on ${log.path}`, { hint: 'run again when it has ended' }); // prettier-ignore
  };
  reopen(constants.O_RDWR);
  try {
    return use();
  } finally {
    reopen(constants.O_RDONLY);
  }
}

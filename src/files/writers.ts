// Finds the processes that have a log open for writing.
import { constants } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PapyraError } from '../errors/errors.js';
import { askForReadLease } from '../system/locks.js';
import { fileId, idBehind } from './identity.js';
import { printableProcess } from './process-name.js';
import { eachProcess, flagsOf, isReadOnly } from './processes.js';
import type { OpenFile } from './read.js';

export interface Writer {
  pid: number;
  fd: string;
  command: string;
  /** Opened with O_APPEND: what it writes goes to the end of the file. */
  appends: boolean;
}

export type WriterSearch =
  { who: 'nobody' } | { who: 'somebody'; writers: Writer[] } | { who: 'unknown'; why: string };

const { O_APPEND, O_RDONLY } = constants;

/** Many looks: a busy runtime has its log open in most of them, without holding it for long. */
const LOOKS = 20;
const PAUSE_MS = { least: 5, most: 25 };

/**
 * Looks once, in two ways, as neither works everywhere:
 *
 * - A read lease (fcntl F_SETLEASE) is granted only if no process in any container has the file open for writing. Only
 *   the owner of the file and root may ask.
 * - /proc shows which process has which descriptor, as far as we may look.
 */
export function findWriters(file: OpenFile): WriterSearch {
  const lease = askForReadLease(file.fd);
  if (lease === 'granted') return { who: 'nobody' };
  const look = findWritersInProc(file);
  const unseen = lease === 'refused' && look.who !== 'somebody';
  return unseen ? { who: 'somebody', writers: [] } : look;
}

/** Finds descriptors that are open in every look, unlike those of a runtime that opens its log for each record. */
export async function findLastingWriters(
  file: OpenFile,
  lookFor = findWriters,
): Promise<WriterSearch> {
  let suspects: Map<string, Writer> | undefined;
  for (let looks = 0; looks < LOOKS; looks++) {
    const look = lookFor(file);
    if (look.who !== 'somebody') return look;
    const now = new Map(look.writers.map((writer) => [`${writer.pid}:${writer.fd}`, writer]));
    // All writers that cannot be seen count as one.
    if (now.size === 0) now.set('unseen', { pid: 0, fd: '', command: '', appends: true });
    const before: Map<string, Writer> = suspects ?? now;
    suspects = new Map([...now].filter(([key]) => before.has(key)));
    if (suspects.size === 0) return { who: 'nobody' };
    await sleep(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
  }
  return { who: 'somebody', writers: [...suspects!.values()].filter(({ pid }) => pid !== 0) };
}

/** Looks into /proc only. */
export function findWritersInProc(file: OpenFile): WriterSearch {
  const id = fileId(file.fd);
  const writers: Writer[] = [];
  const blind = eachProcess((pid, fds) => {
    for (const fd of fds) {
      const look = () => (idBehind(`/proc/${pid}/fd/${fd}`) === id ? flagsOf(pid, fd) : O_RDONLY);
      if (isReadOnly(look())) continue;
      const appends = !Array.from({ length: LOOKS }).every(() => isWithoutAppend(look()));
      writers.push({ pid: Number(pid), fd, command: printableProcess(pid), appends });
    }
  });
  if (writers.length > 0) return { who: 'somebody', writers };
  return blind === undefined ? { who: 'nobody' } : { who: 'unknown', why: blind };
}

/** Asked several times: a shell's `>>` borrows the number of its output; one look may see the flags of another file. */
function isWithoutAppend(flags: number): boolean {
  return !isReadOnly(flags) && (flags & O_APPEND) === 0;
}

/** @throws {PapyraError} `try_again` naming a writer without O_APPEND: a removal in place would not move its offset. */
export function assertWritersAppend(log: OpenFile): void {
  const look = findWritersInProc(log);
  const writer =
    look.who === 'somebody'
      ? look.writers.find(({ pid, appends }) => !appends && pid !== process.pid)
      : undefined;
  if (!writer) return;
  throw new PapyraError(
    'try_again',
    `pid ${writer.pid} (${writer.command}) has ${log.path} open for writing without O_APPEND: after a removal in place it would write at an offset that is not there any more`,
    { hint: 'nothing was removed; stop that process, then compact as usual' },
  );
}

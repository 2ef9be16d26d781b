import { constants } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PapyraError } from '../errors/errors.js';
import { askForReadLease } from '../system/locks.js';
import { fileId, idBehind } from './identity.js';
import { printableProcess } from './process-name.js';
import { eachProcess, flagsOf, isReadOnly } from './processes.js';
import type { OpenFile } from './read.js';

/** A descriptor that is open for writing. */
export interface Writer {
  pid: number;
  fd: string;
  command: string;
  /** It was opened with O_APPEND: what it writes goes to the end, wherever that is. */
  appends: boolean;
}

/** Who has a file open for writing. Readers (`tail -f`, log shippers) do not count. */
export type WriterSearch =
  { who: 'nobody' } | { who: 'somebody'; writers: Writer[] } | { who: 'unknown'; why: string };

const { O_APPEND, O_RDONLY } = constants;

/** A busy runtime has its log open in most looks without ever holding it for long. */
const LOOKS = 20;
const PAUSE_MS = { least: 5, most: 25 };

/**
 * One look. Two ways, because neither is always open:
 *
 * - A read lease (fcntl F_SETLEASE) is granted only when nobody at all has the file open for writing:
 *   the kernel's own count, across all containers. It is the file owner's or root's to ask.
 * - /proc shows descriptors and whose they are, as far as we may look.
 */
export function findWriters(file: OpenFile): WriterSearch {
  const lease = askForReadLease(file.fd);
  if (lease === 'granted') return { who: 'nobody' };
  const look = findWritersInProc(file);
  const unseen = lease === 'refused' && look.who !== 'somebody';
  return unseen ? { who: 'somebody', writers: [] } : look;
}

/**
 * Looks until each writer has been seen absent once. A runtime that opens, writes and closes for every
 * record passes; a descriptor that is there in every look is held.
 */
export async function findLastingWriters(
  file: OpenFile,
  lookFor = findWriters,
): Promise<WriterSearch> {
  let suspects: Map<string, Writer> | undefined;
  for (let looks = 0; looks < LOOKS; looks++) {
    const look = lookFor(file);
    if (look.who !== 'somebody') return look;
    const now = new Map(look.writers.map((writer) => [`${writer.pid}:${writer.fd}`, writer]));
    // Somebody, and not to be seen: known by that alone.
    if (now.size === 0) now.set('unseen', { pid: 0, fd: '', command: '', appends: true });
    const before: Map<string, Writer> = suspects ?? now;
    suspects = new Map([...now].filter(([key]) => before.has(key)));
    if (suspects.size === 0) return { who: 'nobody' };
    await sleep(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
  }
  return { who: 'somebody', writers: [...suspects!.values()].filter(({ pid }) => pid !== 0) };
}

/** The second of the two ways alone: it does no more than look. */
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

/** One look may take the flags of another file: a shell's `>>` borrows the number of its output for a moment. */
function isWithoutAppend(flags: number): boolean {
  return !isReadOnly(flags) && (flags & O_APPEND) === 0;
}

/**
 * A writer that did not open the log with O_APPEND writes at an offset of its own: after a removal in place that is
 * somewhere else.
 *
 * @throws {PapyraError} `try_again` naming it.
 */
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

import { spawnSync } from 'node:child_process';
import { constants, fstatSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { printableProcess } from './process-name.js';
import { accessModeOf, eachProcess } from './processes.js';
import type { OpenFile } from './read.js';
import { errnoOf } from './system-error.js';

const { O_RDONLY } = constants;

/** A descriptor that is open for writing. */
export interface Writer {
  pid: number;
  fd: string;
  command: string;
}

/** Who has a file open for writing. Readers (`tail -f`, log shippers) do not count. */
export type Look =
  { who: 'nobody' } | { who: 'somebody'; writers: Writer[] } | { who: 'unknown'; why: string };

/** A busy runtime has its log open in most looks without ever holding it for long. */
const LOOKS = 20;
const PAUSE_MS = { least: 5, most: 25 };

/**
 * One look. Two ways, because neither is always open:
 *
 * - A read lease (fcntl F_SETLEASE) is granted only when nobody at all has the file open for writing:
 *   the kernel's own count, across all containers. It is the file owner's or root's to ask, and Node
 *   has no fcntl, so perl asks, on a descriptor of its own that is closed at once.
 * - /proc shows descriptors and whose they are, as far as we may look.
 */
export function lookForWriters(file: OpenFile): Look {
  const lease = askForLease(file);
  if (lease === 'granted') return { who: 'nobody' };
  const look = lookInProc(file);
  const unseen = lease === 'refused' && look.who !== 'somebody';
  return unseen ? { who: 'somebody', writers: [] } : look;
}

/**
 * Looks until each writer has been seen absent once. A runtime that opens, writes and closes for every
 * record passes; a descriptor that is there in every look is held.
 */
export async function longHeld(file: OpenFile, lookFor = lookForWriters): Promise<Look> {
  let suspects: Map<string, Writer> | undefined;
  for (let looks = 0; looks < LOOKS; looks++) {
    const look = lookFor(file);
    if (look.who !== 'somebody') return look;
    const now = new Map(look.writers.map((writer) => [`${writer.pid}:${writer.fd}`, writer]));
    // Somebody, and not to be seen: known by that alone.
    if (now.size === 0) now.set('unseen', { pid: 0, fd: '', command: '' });
    const before: Map<string, Writer> = suspects ?? now;
    suspects = new Map([...now].filter(([key]) => before.has(key)));
    if (suspects.size === 0) return { who: 'nobody' };
    await sleep(PAUSE_MS.least + Math.random() * (PAUSE_MS.most - PAUSE_MS.least));
  }
  return { who: 'somebody', writers: [...suspects!.values()].filter(({ pid }) => pid !== 0) };
}

const F_SETLEASE = 1024;
const F_RDLCK = 0;
const ASK = `open(my $file, "<", "/proc/self/fd/3") or exit 2; exit(fcntl($file, ${F_SETLEASE}, ${F_RDLCK}) ? 0 : $!{EAGAIN} ? 1 : 2);`;

let perlIsMissing = false;

function askForLease(file: OpenFile): 'granted' | 'refused' | 'unknown' {
  if (perlIsMissing || process.platform !== 'linux') return 'unknown';
  const { status, error, signal } = spawnSync('perl', ['-MErrno', '-e', ASK], {
    stdio: ['ignore', 'ignore', 'ignore', file.fd],
    env: { PATH: process.env['PATH'] },
  });
  // A Ctrl-C reaches it, too.
  if (signal) return askForLease(file);
  if (errnoOf(error) === 'ENOENT') perlIsMissing = true;
  return status === 0 ? 'granted' : status === 1 ? 'refused' : 'unknown';
}

/** The second of the two ways alone: it does no more than look. */
export function lookInProc(file: OpenFile): Look {
  const { dev, ino } = fstatSync(file.fd);
  const writers: Writer[] = [];
  const blind = eachProcess((pid, fds) => {
    for (const fd of fds) {
      if (isOpenForWriting(pid, fd, dev, ino)) {
        writers.push({ pid: Number(pid), fd, command: printableProcess(pid) });
      }
    }
  });
  if (writers.length > 0) return { who: 'somebody', writers };
  return blind === undefined ? { who: 'nobody' } : { who: 'unknown', why: blind };
}

function isOpenForWriting(pid: string, fd: string, dev: number, ino: number): boolean {
  try {
    const stat = statSync(`/proc/${pid}/fd/${fd}`);
    if (stat.ino !== ino || stat.dev !== dev) return false;
    return accessModeOf(pid, fd) !== O_RDONLY;
  } catch {
    return false;
  }
}

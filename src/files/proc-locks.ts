// Finds the processes that hold an flock(2) lock on a file, in /proc/locks.
import { fstatSync, readFileSync } from 'node:fs';
import { fileId, idBehind } from './identity.js';
import { mountOf } from './mounts.js';
import { printableProcess } from './process-name.js';
import { eachProcess } from './processes.js';
import type { OpenFile } from './read.js';

export interface LockingProcess {
  pid: number;
  command: string;
  /** Real, effective, saved and file system user id; empty: unknown. */
  uids: number[];
}

/** Empty: no process holds a lock, or none that can be seen from here. */
export function lockingProcesses(file: OpenFile): LockingProcess[] {
  let table: string;
  try {
    table = readFileSync('/proc/locks', 'utf8');
  } catch {
    return [];
  }
  const { dev, ino } = fstatSync(file.fd, { bigint: true });
  const locks = table.split('\n').flatMap((line) => {
    const match = / FLOCK +\w+ +\w+ +(\d+) +([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line);
    // `->` marks a process that waits for the lock.
    if (!match || line.includes('->') || BigInt(match[4]!) !== ino || match[1] === '0') return [];
    const device = `${parseInt(match[2]!, 16)}:${parseInt(match[3]!, 16)}`;
    return [{ pid: Number(match[1]), device }];
  });
  if (locks.length === 0) return [];
  // On btrfs subvolumes and overlays stat(2) returns another device than the kernel has in its tables.
  const devices = [deviceText(dev), mountOf(file.fd)?.device];
  const pids = new Set(locks.filter(({ device }) => devices.includes(device)).map(({ pid }) => pid)); // prettier-ignore
  const named = [...pids].map(describe);
  // If the process that took the lock has ended, those that inherited its descriptor hold it.
  const isGone = named.length > 0 && named.every(({ command }) => command === '');
  return isGone ? processesWith(file) : named;
}

function describe(pid: number): LockingProcess {
  return { pid, command: printableProcess(String(pid)), uids: usersOf(pid) };
}

function processesWith(file: OpenFile): LockingProcess[] {
  const id = fileId(file.fd);
  const found: LockingProcess[] = [];
  eachProcess((pid, fds) => {
    if (Number(pid) === process.pid) return;
    if (fds.some((fd) => idBehind(`/proc/${pid}/fd/${fd}`) === id))
      found.push(describe(Number(pid)));
  });
  return found;
}

/** Major and minor number as in mountinfo, decoded as glibc's makedev(3) encodes them. */
function deviceText(device: bigint): string {
  const major = ((device >> 32n) & 0xfffff000n) | ((device >> 8n) & 0xfffn);
  const minor = ((device >> 12n) & 0xffffff00n) | (device & 0xffn);
  return `${major}:${minor}`;
}

function usersOf(pid: number): number[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return /^Uid:\s*(.*)$/m.exec(status)![1]!.split(/\s+/).map(Number);
  } catch {
    return [];
  }
}

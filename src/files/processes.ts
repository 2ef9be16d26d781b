// Lists the processes that /proc shows, with their open descriptors and the flags of these.
import { constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from '../errors/system-error.js';

const { O_RDONLY, O_WRONLY, O_RDWR } = constants;

/** The first PID namespace of a machine has this fixed number (PROC_PID_INIT_INO of Linux). */
const MACHINE_NAMESPACE = 'pid:[4026531836]';

export function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/**
 * Calls `see` for each process that we may look into, with the numbers of its open descriptors. Returns why there may
 * be more processes; undefined: these are all.
 */
export function eachProcess(see: (pid: string, fds: string[]) => void): string | undefined {
  const pids = processIds();
  if (pids.length === 0) return 'there is no /proc here';
  let blind = inContainer() ? 'other containers cannot be looked into' : undefined;
  // If /proc is mounted with hidepid, it hides processes of other users.
  if (!pids.includes('1')) blind ??= 'not every process can be seen';
  for (const pid of pids) {
    let fds: string[];
    try {
      fds = readdirSync(`/proc/${pid}/fd`);
    } catch (error) {
      if (errnoOf(error) === 'EACCES') blind ??= 'processes of other users cannot be looked into';
      continue;
    }
    see(pid, fds);
  }
  return blind;
}

/** The flags with which a descriptor was opened; O_RDONLY when it is gone. */
export function flagsOf(pid: string, fd: string): number {
  try {
    const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
    return parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
  } catch {
    return O_RDONLY;
  }
}

export function isReadOnly(flags: number): boolean {
  return (flags & (O_WRONLY | O_RDWR)) === 0;
}

function inContainer(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') !== MACHINE_NAMESPACE;
  } catch {
    return true;
  }
}

import { constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errnoOf } from './system-error.js';

const { O_RDONLY, O_WRONLY, O_RDWR } = constants;

/** The PID namespace of the whole machine has this fixed number (PROC_PID_INIT_INO of Linux). */
const MACHINE_NAMESPACE = 'pid:[4026531836]';

/**
 * Shows each process that /proc lets us look into, with the numbers of its open descriptors. Returns why there
 * may be more; undefined: these are all.
 */
export function eachProcess(see: (pid: string, fds: string[]) => void): string | undefined {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return 'there is no /proc here';
  }
  let blind = inContainer() ? 'other containers cannot be looked into' : undefined;
  // Mounted with hidepid, /proc hides what it would refuse.
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

/**
 * What a descriptor was opened for: `O_RDONLY`, `O_WRONLY` or `O_RDWR`.
 *
 * @throws when it was closed, or its process has ended.
 */
export function accessModeOf(pid: string, fd: string): number {
  const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
  const flags = /^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0';
  return parseInt(flags, 8) & (O_RDONLY | O_WRONLY | O_RDWR);
}

function inContainer(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') !== MACHINE_NAMESPACE;
  } catch {
    return true;
  }
}

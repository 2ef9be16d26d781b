// Reads from /proc how much address space this process may reserve.
import { readFileSync } from 'node:fs';

/** Bytes (`ulimit -v`); Infinity where there is no limit, or no /proc. */
export function addressSpace(): number {
  try {
    const limit = /^Max address space +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return limit ? Number(limit[1]) : Infinity;
  } catch {
    return Infinity;
  }
}

import { readFileSync } from 'node:fs';

/** Bytes that this process may reserve (ulimit -v); Infinity where nothing says how many. */
export function addressSpace(): number {
  try {
    const limit = /^Max address space +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return limit ? Number(limit[1]) : Infinity;
  } catch {
    return Infinity;
  }
}

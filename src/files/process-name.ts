import { readFileSync } from 'node:fs';

/** The command line of a process, shortened; empty when it is gone. */
export function printableProcess(pid: string): string {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return words.length > 60 ? `${words.slice(0, 57)}…` : words;
  } catch {
    return '';
  }
}

// Reads the name and the command line of a process from /proc.
import { readFileSync } from 'node:fs';

export interface ProcessNames {
  /** Its comm, at most 15 bytes. */
  name: string;
  /** Its command line. */
  words: string[];
  /** The command line for a message: shortened. */
  command: string;
}

/** Empty strings when the process is gone. */
export function processNames(pid: string): ProcessNames {
  const name = readFrom(`/proc/${pid}/comm`).trimEnd();
  return { name, words: wordsOf(pid), command: printableProcess(pid) };
}

/** The command line of a process, shortened; empty when it is gone. */
export function printableProcess(pid: string): string {
  const words = wordsOf(pid).join(' ').trim();
  return words.length > 60 ? `${words.slice(0, 57)}…` : words;
}

function wordsOf(pid: string): string[] {
  return readFrom(`/proc/${pid}/cmdline`).split('\0');
}

function readFrom(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

import { readFileSync } from 'node:fs';

/** What a process says that it is. */
export interface ProcessNames {
  /** The name of its program: 15 bytes at most. */
  name: string;
  /** Its command line. */
  words: string[];
  /** The same for a message. */
  command: string;
}

/** Names of a process; empty when it is gone. */
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

// Runs the commands of a case: those that are measured, and those that prepare.
import { join } from 'node:path';
import { execaSync } from 'execa';
import { ROOT } from '../support/papyra.js';
import type { Figures } from './contender.js';

export const PAPYRA_BIN = join(ROOT, 'bin/papyra.js');

export function shell(command: string, cwd: string): void {
  execaSync('sh', ['-c', command], { cwd });
}

/** Runs it where no configuration is, as the peers have none. */
export function measured(command: string, cwd: string): Figures & { peak_mib: number } {
  const { stdout } = execaSync('python3', [join(ROOT, 'test/bench/measure.py'), command], { cwd });
  const [seconds, kib] = stdout.split(' ').map(Number) as [number, number];
  return { seconds, peak_mib: kib / 1024 };
}

/** A command with its words in capitals filled in. */
export function filled(command: string, words: Record<string, string | number>): string {
  return command.replace(/\b[A-Z]{3,}(?=\b|s\b)/g, (word) => String(words[word] ?? word));
}

/** Puts everything on the disk, and then each file into the page cache, or out of it. */
export function settle(cwd: string, files: string, cold: boolean): void {
  // dd with this flag and nothing to read asks the kernel to forget the file.
  const cache = cold ? 'dd if="$f" iflag=nocache count=0 status=none' : 'cat "$f" >/dev/null';
  shell(`sync; for f in ${files}; do ${cache}; done`, cwd);
}

export function isInstalled(program: string): boolean {
  return execaSync('which', [program], { reject: false }).exitCode === 0;
}

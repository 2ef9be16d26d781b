// Finds the commands named papyra on the PATH: the runtime brings one of that name, too.
import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { isProgram } from '../files/program.js';

export interface FoundCommand {
  path: string;
  /** It is this program. */
  isOurs: boolean;
  /** Python runs it, as it does the runtime's own command. */
  isPython: boolean;
}

/** Each file once, whatever leads to it. */
export function commandsOnPath(path = process.env['PATH'] ?? ''): FoundCommand[] {
  const own = [process.argv[1] ?? '', process.execPath].map(realPathOf);
  const seen = new Set<string>();
  return path.split(delimiter).flatMap((directory) => {
    const file = join(directory, 'papyra');
    if (!isAbsolute(directory) || !isProgram(file)) return [];
    const real = realPathOf(file);
    if (real === undefined || seen.has(real)) return [];
    seen.add(real);
    return [
      { path: file, isOurs: own.includes(real), isPython: firstLineOf(real).includes('python') },
    ];
  });
}

function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

/** The first line of a script; empty for one that may not be read. pip starts long ones with `#!/bin/sh`. */
function firstLineOf(file: string): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const start = Buffer.alloc(256);
      const text = start.toString('latin1', 0, readSync(fd, start, 0, start.length, 0));
      return text.startsWith('#!') ? text : '';
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

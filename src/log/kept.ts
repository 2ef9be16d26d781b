// Words the warning about an old file that a run has to keep.
import { basename } from 'node:path';
import type { Replaced } from '../files/replace.js';

export function keptWarning({ path, look }: NonNullable<Replaced['kept']>): string {
  const why =
    look.who === 'unknown'
      ? `it cannot be seen who writes to it (${look.why})`
      : 'a process still has it open for writing';
  return `the old file is kept as ${basename(path)} until the next run: ${why}; that run frees its space; to free it now, stop the writers and run with --offline`;
}

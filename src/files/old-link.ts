import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LogNames } from './names.js';

/**
 * The second name of a log that is being replaced: `.NAME.papyra.old.X.S`. It keeps the old file from
 * vanishing while a writer may still append to it, and says how far it was taken over:
 */
export interface OldLink {
  path: string;
  /** Bytes of the old file that are in the new one. */
  taken: number;
  /** Size of the new file when that was on the disk: what came later is behind this. */
  synced: number;
}

export function oldLink(names: LogNames, taken: number, synced: number): OldLink {
  return { path: `${names.old}.${taken}.${synced}`, taken, synced };
}

/** All such links of a log. */
export function findOldLinks(names: LogNames): OldLink[] {
  const prefix = `${basename(names.old)}.`;
  return readdirSync(names.directory).flatMap((name) => {
    const match = name.startsWith(prefix) ? /^(\d+)\.(\d+)$/.exec(name.slice(prefix.length)) : null;
    if (!match) return [];
    return [
      { path: join(names.directory, name), taken: Number(match[1]), synced: Number(match[2]) },
    ];
  });
}

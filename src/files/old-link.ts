// Makes and finds the names of old links, the second names of a log that is being replaced.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LogNames } from './names.js';

/** `.NAME.papyra.old.X.S` keeps the old file while a writer may append to it, and says how far we are (replace.ts). */
export interface OldLink {
  path: string;
  /** X: bytes of the old file that are in the new one. */
  taken: number;
  /** S: size of the new file when it was synced to the disk: what came later is behind it. */
  synced: number;
}

export function oldLink(names: LogNames, taken: number, synced: number): OldLink {
  return { path: `${names.old}.${taken}.${synced}`, taken, synced };
}

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

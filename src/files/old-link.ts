// Makes and finds the names of old links, the second names of a log that is being replaced.
import { fstatSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { attempt } from '../errors/system-error.js';
import { syncDirectory } from './durable.js';
import { statOf } from './identity.js';
import type { LogNames } from './names.js';
import type { OpenFile } from './read.js';

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

/**
 * Another tool may make the log shorter, or another file may get its name: then what came late may be anywhere in it. The
 * link says so before anything is appended. When the log has grown again, its size does not tell any more.
 */
export function noteShorterLog(link: OldLink, live: OpenFile): void {
  if (fstatSync(live.fd).size >= link.synced) return;
  const path = link.path.replace(/\d+$/, '0');
  // Offline on a file system without hard links there is none.
  if (statOf(link.path) !== undefined) {
    attempt('rename', link.path, () => renameSync(link.path, path));
    attempt('sync', path, () => syncDirectory(dirname(path)));
  }
  link.path = path;
  link.synced = 0;
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

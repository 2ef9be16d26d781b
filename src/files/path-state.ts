// Describes a path for doctor: what is there, and what this user may do with it.
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { freeBytes } from './surroundings.js';
import { errnoOf } from '../errors/system-error.js';

/** Links are followed. */
export interface PathState {
  path: string;
  /** `closed`: this user may not look. */
  kind: 'missing' | 'file' | 'directory' | 'other' | 'closed';
  mode: number;
  /** Whether every user of this machine may read it, and pass the directories above it. */
  public: boolean;
  changed: Date;
  /** Whether this user may write to it; of a directory: make files in it. */
  writable: boolean;
  /** Bytes that this user may still write to its file system; 0: it does not exist. */
  free: number;
}

export function pathState(path: string): PathState {
  const nowhere = { path, mode: 0, public: false, changed: new Date(0), writable: false, free: 0 };
  try {
    const stat = statSync(path);
    const isDirectory = stat.isDirectory();
    return {
      path,
      kind: isDirectory ? 'directory' : stat.isFile() ? 'file' : 'other',
      mode: stat.mode,
      public: (stat.mode & 0o004) !== 0 && isWayOpen(realpathSync(path)),
      changed: stat.mtime,
      writable: mayWrite(path, isDirectory),
      free: freeBytes(isDirectory ? path : dirname(path)),
    };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return { ...nowhere, kind: 'missing' };
    if (errno === 'EACCES') return { ...nowhere, kind: 'closed' };
    throw error;
  }
}

function mayWrite(path: string, isDirectory: boolean): boolean {
  try {
    accessSync(path, isDirectory ? constants.W_OK | constants.X_OK : constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isWayOpen(path: string): boolean {
  const parent = dirname(path);
  if (parent === path) return true;
  return (statSync(parent).mode & 0o001) !== 0 && isWayOpen(parent);
}

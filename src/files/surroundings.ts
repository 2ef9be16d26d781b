// Looks at the place of a log: kind of file system, mount point, free space, hard links, files of the runtime.
import { readdirSync, statfsSync, statSync, type Stats } from 'node:fs';
import { basename, join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { mountsHere } from './mounts.js';
import type { LogNames } from './names.js';

/** File systems (statfs f_type) on which locks and links are not reliable, or writers of other hosts cannot be seen. */
const UNSOUND = new Map<number, string>([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9P'],
]);

/** Ends of the names of files that the runtime's own maintenance writes beside the log. */
const RUNTIME_TEMPS = ['.compact.tmp', '.recovered.tmp'];
const FRESH_MS = 60_000;

/** The kind of an UNSOUND file system; undefined: it is another one. */
export function unsoundKind(names: LogNames): string | undefined {
  return UNSOUND.get(statfsSync(names.directory).type);
}

export function mountPoint(path: string): PapyraError {
  return new PapyraError('io_error', `${path} is a mount point: it cannot be replaced`, {
    hint: 'remove the expired head with --in-place, or mount its directory in place of the file',
  });
}

/** True for a bind mount of the file itself, as containers have them. */
export function isMountPoint(path: string): boolean {
  return mountsHere().some(({ point }) => point === path);
}

/**
 * A temporary file of the runtime that was changed within a minute means that the runtime is rewriting the log. Returns
 * a warning for each older one, which a crash of the runtime may have left.
 *
 * @throws {PapyraError} `try_again` while the runtime rewrites the log.
 */
export function assertRuntimeIsNotRewriting(names: LogNames): string[] {
  return runtimeTemps(names).map(({ name, changed, fresh }) => {
    if (!fresh) {
      return `${name} is a temporary file of the runtime, last changed ${changed.toISOString()}: left by a crash of it, perhaps`;
    }
    throw new PapyraError('try_again', `the runtime is rewriting ${names.log} (${name})`, {
      hint: 'run again in a minute',
    });
  });
}

/** `fresh`: changed within a minute. */
export interface RuntimeTemp {
  name: string;
  changed: Date;
  fresh: boolean;
}

export function runtimeTemps(names: LogNames): RuntimeTemp[] {
  return readdirSync(names.directory).flatMap((name) => {
    if (!name.startsWith(`${stem(names.log)}.`)) return [];
    if (!RUNTIME_TEMPS.some((end) => name.endsWith(end))) return [];
    const stat = statSync(join(names.directory, name), { throwIfNoEntry: false });
    if (!stat) return [];
    const fresh = Math.abs(Date.now() - stat.mtimeMs) < FRESH_MS;
    return [{ name, changed: stat.mtime, fresh }];
  });
}

/** `events` of `events.ndjson`: the runtime may put its suffix behind either. */
function stem(path: string): string {
  return basename(path).replace(/\.[^.]+$/, '');
}

export function hardLinkWarning(path: string, stat: Stats): string[] {
  return stat.nlink === 1
    ? []
    : [`${otherLinks(path, stat)}: they keep the old content, and its space`];
}

export function otherLinks(path: string, { nlink }: Stats): string {
  return `${path} has ${nlink - 1} other hard link${nlink === 2 ? '' : 's'}`;
}

/** @throws {PapyraError} `io_error` when the file system has no room for so many bytes. */
export function assertRoom(names: LogNames, bytes: number): void {
  if (freeBytes(names.directory) < bytes) throw noRoom(names, bytes);
}

/** Bytes that this user may still write to the file system of a directory. */
export function freeBytes(directory: string): number {
  const { bavail, bfree, bsize } = statfsSync(directory);
  return (process.geteuid?.() === 0 ? bfree : bavail) * bsize;
}

export function noRoom(names: LogNames, bytes: number, cause?: unknown): PapyraError {
  const there = freeBytes(names.directory);
  const quota = there >= bytes ? ' (a quota, or somebody else, takes the rest)' : '';
  return new PapyraError(
    'io_error',
    `no room to rewrite ${names.log}: that needs ${bytes} bytes, ${there} are free in ${names.directory}${quota}; the log is as it was`,
    { hint: 'free some space, or remove the expired head with --in-place; --free SIZE removes the oldest records, and needs no room on ext4 and xfs', cause }, // prettier-ignore
  );
}

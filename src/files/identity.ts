// Tells whether two names or descriptors are one file.
import { fstatSync, lstatSync, statSync, type BigIntStats } from 'node:fs';

/** Device and inode, from bigints: as Numbers, inodes above 2^53 (overlay, Lustre, Ceph, NFS) would equal others. */
export type FileId = string;

function idOf({ dev, ino }: BigIntStats): FileId {
  return `${dev}:${ino}`;
}

export function fileId(fd: number): FileId {
  return idOf(fstatSync(fd, { bigint: true }));
}

/** What has a name, links not followed; undefined: nothing. */
export function idAt(path: string): FileId | undefined {
  const stat = statOf(path);
  return stat && idOf(stat);
}

/**
 * Whether two names are of one file: their numbers are equal, or else all other traits. An overlay may show two
 * numbers for a file that it has copied up; no two files are made, linked and changed in the same nanoseconds.
 */
export function areSame(one: BigIntStats | undefined, other: BigIntStats | undefined): boolean {
  if (!one || !other) return false;
  if (idOf(one) === idOf(other)) return true;
  const traits = ['birthtimeNs', 'ctimeNs', 'mtimeNs', 'nlink', 'size', 'blocks', 'uid', 'gid', 'mode'] as const; // prettier-ignore
  return one.nlink > 1n && one.birthtimeNs > 0n && traits.every((trait) => one[trait] === other[trait]); // prettier-ignore
}

/** Whether an open file has that name. */
export function isNamed(fd: number, path: string): boolean {
  return areSame(fstatSync(fd, { bigint: true }), statOf(path));
}

/** lstat(2) in bigints; undefined: nothing has that name. */
export function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** What a path leads to, links followed; undefined: nothing that this user can see. */
export function idBehind(path: string): FileId | undefined {
  try {
    return idOf(statSync(path, { bigint: true }));
  } catch {
    return undefined;
  }
}

/** The identity of a file and its state. */
export interface Stamp {
  id: FileId;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
}

/** undefined: nothing has that name. */
export function stampAt(path: string): Stamp | undefined {
  const stat = statOf(path);
  if (!stat) return undefined;
  const [size, mtimeMs, ctimeMs] = [stat.size, stat.mtimeMs, stat.ctimeMs].map(Number) as [number, number, number]; // prettier-ignore
  return { id: idOf(stat), size, mtimeMs, ctimeMs };
}

/** Identifies a file over time: an inode number alone may be that of a new file soon. */
export function lastingId(fd: number): { inode: bigint; born: number } {
  const { ino, birthtimeNs } = fstatSync(fd, { bigint: true });
  return { inode: ino, born: Number(birthtimeNs / 1_000_000n) };
}

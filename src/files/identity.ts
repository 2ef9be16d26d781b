import { fstatSync, lstatSync, statSync, type BigIntStats } from 'node:fs';

/**
 * What tells files apart: device and inode, exactly. As a Number an inode above 2^53 would equal its
 * neighbours (overlay, Lustre, Ceph and NFS have such).
 */
export type FileId = string;

function idOf({ dev, ino }: BigIntStats): FileId {
  return `${dev}:${ino}`;
}

/** The file of a descriptor. */
export function fileId(fd: number): FileId {
  return idOf(fstatSync(fd, { bigint: true }));
}

/** What has a name, a link itself; undefined: nothing. */
export function idAt(path: string): FileId | undefined {
  const stat = statOf(path);
  return stat && idOf(stat);
}

/**
 * Whether two names are of one file. By their numbers; and, as an overlay may show two numbers of one file that it
 * has copied up, by everything else: to the nanosecond two files are not made, linked and changed at one time.
 */
export function areSame(one: BigIntStats | undefined, other: BigIntStats | undefined): boolean {
  if (!one || !other) return false;
  if (idOf(one) === idOf(other)) return true;
  const traits = ['birthtimeNs', 'ctimeNs', 'mtimeNs', 'nlink', 'size', 'blocks', 'uid', 'gid', 'mode'] as const; // prettier-ignore
  return one.nlink > 1n && one.birthtimeNs > 0n && traits.every((trait) => one[trait] === other[trait]); // prettier-ignore
}

/** Whether an open file has a name. */
export function isNamed(fd: number, path: string): boolean {
  return areSame(fstatSync(fd, { bigint: true }), statOf(path));
}

/** What has a name, exactly; undefined: nothing. */
export function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** The file that a path leads to, links followed; undefined: none, or none that this user may look at. */
export function idBehind(path: string): FileId | undefined {
  try {
    return idOf(statSync(path, { bigint: true }));
  } catch {
    return undefined;
  }
}

/** Which file has a name, and in what state. */
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

/** An inode number alone is not enough over time: a file system gives it away again at once. */
export function lastingId(fd: number): { inode: bigint; born: number } {
  const { ino, birthtimeNs } = fstatSync(fd, { bigint: true });
  return { inode: ino, born: Number(birthtimeNs / 1_000_000n) };
}

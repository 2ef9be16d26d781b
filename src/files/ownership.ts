import { fchmodSync, fchownSync, fstatSync, statSync, type Stats } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { attributesOf, removeAttribute } from '../system/attributes.js';
import type { OpenFile } from './read.js';
import { errnoOf } from '../errors/system-error.js';

/** Owner and mode that a new file takes over from the log. */
export type Owner = Pick<Stats, 'uid' | 'gid' | 'mode'>;

const ACCESS_ACL = Buffer.from('system.posix_acl_access');
const DEFAULT_ACL = Buffer.from('system.posix_acl_default');

/**
 * Whose the files beside a log are, and who else may read them. Where the log has an ACL, the bits of its group are
 * the most that anybody named there may have, and those of others may be for people whom it denies: then nobody else.
 */
export function ownerOfCompanions(log: OpenFile & { stat: Owner }): Owner {
  const { uid, gid, mode } = log.stat;
  const hasAcl = attributesOf(log.fd).some(({ name }) => name.equals(ACCESS_ACL));
  return { uid, gid, mode: hasAcl ? mode & 0o7700 : mode };
}

/**
 * Takes from a new file what it inherited of the default ACL of its directory, which may give rights that the log
 * does not give. To be called while its mode is its owner's alone: until then none of them is in force.
 */
export function dropInheritedRights(fd: number): void {
  removeAttribute(fd, ACCESS_ACL);
  if (fstatSync(fd).isDirectory()) removeAttribute(fd, DEFAULT_ACL);
}

/** EINVAL says here what EOVERFLOW says elsewhere: the id is none of this user namespace. */
function chown(fd: number, uid: number, gid: number): void {
  try {
    fchownSync(fd, uid, gid);
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
    throw Object.assign(new Error('EOVERFLOW, fchown'), { code: 'EOVERFLOW', syscall: 'fchown' });
  }
}

/** Gives a new file the owner, group and mode of the log. In this order: chown clears set-id bits. */
export function setOwner(fd: number, owner: Owner): void {
  dropInheritedRights(fd);
  const mine = fstatSync(fd);
  if (mine.uid !== owner.uid || mine.gid !== owner.gid) chown(fd, owner.uid, owner.gid);
  fchmodSync(fd, owner.mode & 0o7777);
}

/**
 * The same for a new file or folder that stays beside the log, always writable by its owner. One that would
 * not be the log owner's would lock that user out. A group that only root could give it is not needed:
 * without it the group has no rights.
 */
export function setCompanionOwner(fd: number, owner: Owner): void {
  dropInheritedRights(fd);
  const mine = fstatSync(fd);
  const own = mine.isDirectory() ? 0o700 : 0o600;
  if (mine.uid !== owner.uid) chown(fd, owner.uid, mine.gid);
  let mode = owner.mode | own;
  try {
    if (mine.gid !== owner.gid) chown(fd, owner.uid, owner.gid);
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
    mode &= ~0o070;
  }
  fchmodSync(fd, mode & 0o7777);
}

/**
 * A log can be replaced, and files kept beside it, only by its owner or root.
 *
 * @throws {PapyraError} `permission_denied` for anybody else, before anything is made.
 */
export function assertOwner(path: string, { uid, gid }: Owner): void {
  const me = process.geteuid?.();
  if (me === undefined || me === 0) return;
  if (me !== uid) {
    throw new PapyraError(
      'permission_denied',
      `${path} belongs to the user with the id ${uid}, papyra runs as ${me}`,
      { hint: 'run papyra as the user that owns the log, or as root' },
    );
  }
  const mine = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  if (mine.includes(gid)) return;
  throw new PapyraError(
    'permission_denied',
    `${path} belongs to the group with the id ${gid}, which is none of this user's: its next content could not be given to it`,
    { hint: 'run papyra as root, or give the log one of your groups with chgrp' },
  );
}

/**
 * Makes sure that root touches only what the owner of the log may touch: whoever may write to the directory can
 * put a hard link to somebody else's file under any name in it.
 *
 * @throws {PapyraError} `permission_denied` when an open file that has one of papyra's names is somebody else's.
 */
export function assertSameOwner({ fd, path }: OpenFile, owner: Pick<Owner, 'uid'>): void {
  const { uid } = fstatSync(fd);
  if (process.geteuid?.() !== 0 || uid === owner.uid) return;
  throw new PapyraError(
    'permission_denied',
    `${path} belongs to the user with the id ${uid}, and the log to ${owner.uid}: papyra does not touch it as root`,
    {
      hint: `nothing was read from it or written to it; look at it with ls -li, then remove it, or give it to the owner of the log`,
    },
  );
}

/**
 * The same for the log itself, each time it is opened: a hard link in a directory of one user may be to a file of another.
 *
 * @throws {PapyraError} `permission_denied`.
 */
export function assertNoForeignLink(log: OpenFile, directory: string): void {
  const { uid, nlink } = fstatSync(log.fd);
  const owner = statSync(directory).uid;
  if (process.geteuid?.() !== 0 || nlink === 1 || owner === 0 || owner === uid) return;
  throw new PapyraError(
    'permission_denied',
    `${log.path} is a hard link to a file of the user with the id ${uid}, in a directory of the user with the id ${owner}: papyra does not touch it as root`,
    { hint: 'nothing was done; run papyra as the owner of the log, or on its other name' },
  );
}

// Sets and checks the owners and modes of the log and of the files beside it.
import { fchmodSync, fchownSync, fstatSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { attributesOf, removeAttribute } from '../system/attributes.js';
import type { OpenFile } from './read.js';
import { errnoOf } from '../errors/system-error.js';

/** Owner and mode that a new file takes over from the log. */
export type Owner = Pick<Stats, 'uid' | 'gid' | 'mode'>;

const ACCESS_ACL = Buffer.from('system.posix_acl_access');
const DEFAULT_ACL = Buffer.from('system.posix_acl_default');

/**
 * The owner and mode of the files beside a log. If the log has an ACL, only the owner may read them: its group bits are
 * then the mask of the ACL, and its other bits would also hold for users whom the ACL denies.
 */
export function ownerOfCompanions(log: OpenFile & { stat: Owner }): Owner {
  const { uid, gid, mode } = log.stat;
  const hasAcl = attributesOf(log.fd).some(({ name }) => name.equals(ACCESS_ACL));
  return { uid, gid, mode: hasAcl ? mode & 0o7700 : mode };
}

/**
 * Removes what a new file inherited from the default ACL of its directory, which may give rights that the log does not
 * give. Call it while the mode gives rights to the owner only: until then the others are not in force.
 */
export function dropInheritedRights(fd: number): void {
  removeAttribute(fd, ACCESS_ACL);
  if (fstatSync(fd).isDirectory()) removeAttribute(fd, DEFAULT_ACL);
}

/** Turns EINVAL into EOVERFLOW, as it means the same here: the id does not exist in this user namespace. */
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
 * The same for a new file or folder that stays beside the log; its owner may always write to it. Fails if it cannot be
 * given to the owner of the log, who would be locked out. If its group cannot be set, the group gets no rights.
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
export function assertOwner(path: string, { uid }: Pick<Owner, 'uid'>): void {
  const me = process.geteuid?.();
  if (me === undefined || me === 0 || me === uid) return;
  throw new PapyraError(
    'permission_denied',
    `${path} belongs to the user with the id ${uid}, papyra runs as ${me}`,
    { hint: 'run papyra as the user that owns the log, or as root' },
  );
}

const SET_GID = 0o2000;

/**
 * A rewrite gives its new file the group of the log; the removal of a head keeps the file. For an early answer only:
 * metadata.ts finds out by trying.
 *
 * @throws {PapyraError} `permission_denied` when this user could not give the group to a new file.
 */
export function assertGroup(path: string, { gid }: Pick<Owner, 'gid'>): void {
  const me = process.geteuid?.();
  if (me === undefined || me === 0) return;
  // A new file in such a directory has its group already.
  const directory = statSync(dirname(path));
  if ((directory.mode & SET_GID) !== 0 && directory.gid === gid) return;
  const mine = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
  if (mine.includes(gid)) return;
  throw new PapyraError(
    'permission_denied',
    `${path} belongs to the group with the id ${gid}, which is none of this user's: its next content could not be given to it`,
    { hint: 'shorten it with --in-place, which keeps the file itself; or run papyra as root, or give the log one of your groups with chgrp' }, // prettier-ignore
  );
}

/**
 * Root touches only what the owner of the log may touch: who may write to the directory can put a hard link to the file
 * of another user under any name in it.
 *
 * @throws {PapyraError} `permission_denied` when the open file does not belong to the owner.
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

/** @throws {PapyraError} `permission_denied` for root, when the file may be a hard link that another user made. */
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

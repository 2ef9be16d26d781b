// Gives the next content of a log all metadata of the log: project, owner, group, ACL, extended attributes and mode.
//
// The new file has the mode 0600 at first: at no moment may a user read it who may not read the log.
//
// 1. Set the project while the file is empty: a quota counts by it.
// 2. Remove what the default ACL of the directory gave.
// 3. Set owner and group, still with the mode 0600.
// 4. Set the attributes. The ACL is one of them, and sets the rights of the group.
// 5. Set the mode, last: chown clears set-id bits.
// 6. Read all of it again: refuse the work if something did not arrive.
//
// A crash leaves the temporary file (replace.ts). Attributes that this user may not see, such as `trusted.*` for all
// but root, stay behind.
import { fchmodSync, fchownSync, fstatSync, type Stats } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import {
  attributesOf,
  flagsOf,
  setAttribute,
  setProject,
  type Attribute,
} from '../system/attributes.js';
import { codeOf } from '../system/library.js';
import { dropInheritedRights } from './ownership.js';
import type { OpenFile } from './read.js';

/** @throws {PapyraError} `permission_denied` or `io_error` when something cannot be carried over. */
export function carryOver(log: OpenFile & { stat: Stats }, to: OpenFile): void {
  const { uid, gid, mode } = log.stat;
  const attributes = attributesOf(log.fd);
  const { project } = flagsOf(log.fd);
  const refused = (what: string) => (error: unknown) => cannotCarry(log.path, what, codeOf(error) ?? (error as NodeJS.ErrnoException).code); // prettier-ignore
  tryTo(() => setProject(to.fd, project), refused('project id'));
  dropInheritedRights(to.fd);
  const mine = fstatSync(to.fd);
  if (mine.uid !== uid || mine.gid !== gid) {
    tryTo(() => fchownSync(to.fd, uid, gid), refused(`owner and group (${uid}:${gid})`));
  }
  for (const attribute of attributes) {
    if (has(to, attribute)) continue;
    tryTo(() => setAttribute(to.fd, attribute), refused(nameOf(attribute)));
  }
  if ((fstatSync(to.fd).mode & 0o7777) !== (mode & 0o7777)) {
    tryTo(() => fchmodSync(to.fd, mode & 0o7777), refused('mode'));
  }
  const lost = whatDiffers(to, log.stat, attributes, project);
  if (lost !== undefined) throw cannotCarry(log.path, lost, undefined);
}

/** The first thing that a file lacks or has too much; undefined: it has what it should have. */
function whatDiffers(
  { fd }: OpenFile,
  { uid, gid, mode }: Stats,
  attributes: readonly Attribute[],
  project: number,
): string | undefined {
  const now = fstatSync(fd);
  if (now.uid !== uid || now.gid !== gid) return 'owner and group';
  if ((now.mode & 0o7777) !== (mode & 0o7777)) return 'mode';
  if (flagsOf(fd).project !== project) return 'project id';
  const there = attributesOf(fd);
  const missing = attributes.find(
    ({ name, value }) => !there.some((one) => one.name.equals(name) && one.value.equals(value)),
  );
  if (missing) return nameOf(missing);
  const added = there.find(({ name }) => !attributes.some((one) => one.name.equals(name)));
  return added && `absence of ${nameOf(added)}`;
}

function has({ fd }: OpenFile, { name, value }: Attribute): boolean {
  return attributesOf(fd).some((one) => one.name.equals(name) && one.value.equals(value));
}

function nameOf({ name }: Attribute): string {
  return name.equals(Buffer.from('system.posix_acl_access')) ? 'ACL' : `attribute ${name.toString()}`; // prettier-ignore
}

function tryTo(call: () => void, worded: (error: unknown) => PapyraError): void {
  try {
    call();
  } catch (error) {
    if (error instanceof PapyraError) throw error;
    throw worded(error);
  }
}

function cannotCarry(path: string, what: string, code: string | undefined): PapyraError {
  const denied = code !== undefined && ['EPERM', 'EACCES', 'EINVAL', 'EOVERFLOW'].includes(code);
  return new PapyraError(
    denied ? 'permission_denied' : 'io_error',
    `the ${what} of ${path} cannot be carried over to its next content${code === undefined ? '' : ` (${code})`}`,
    {
      hint: `nothing was done; remove the expired head with --in-place, which keeps the file itself, or run papyra as root with all its capabilities${what.startsWith('owner') ? ', or give the log one of your groups with chgrp' : ''}`,
    },
  );
}

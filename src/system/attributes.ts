// Reads and sets extended attributes, project ids and chattr flags of an open file.
import { ioctlRead, ioctlWrite } from './ioctl.js';
import { call, codeOf } from './library.js';

/** ACLs and security labels are such attributes, too. */
export interface Attribute {
  /** Bytes without a NUL, such as `system.posix_acl_access`. */
  name: Buffer;
  value: Buffer;
}

const LIST = 'int64_t flistxattr(int fd, uint8_t *list, size_t size)';
const GET = 'int64_t fgetxattr(int fd, const uint8_t *name, uint8_t *value, size_t size)';
const SET =
  'int fsetxattr(int fd, const uint8_t *name, const uint8_t *value, size_t size, int flags)';
const REMOVE = 'int fremovexattr(int fd, const uint8_t *name)';

/** The kernel's limit for a list and for a value. */
const MOST_BYTES = 65_536;

/** Those that this user may see; none where the file system does not have attributes. */
export function attributesOf(fd: number): Attribute[] {
  if (process.platform !== 'linux') return [];
  const list = Buffer.alloc(MOST_BYTES);
  let bytes: number;
  try {
    bytes = call(LIST, fd, list, list.length);
  } catch (error) {
    if (isUnsupported(error)) return [];
    throw error;
  }
  const names: Buffer[] = [];
  for (let at = 0; at < bytes;) {
    const end = list.indexOf(0, at);
    names.push(Buffer.from(list.subarray(at, end)));
    at = end + 1;
  }
  return names.flatMap((name) => {
    const value = attribute(fd, name);
    return value === undefined ? [] : [{ name, value }];
  });
}

/** undefined: it has none of that name. */
function attribute(fd: number, name: Buffer): Buffer | undefined {
  const value = Buffer.alloc(MOST_BYTES);
  try {
    return Buffer.from(value.subarray(0, call(GET, fd, cText(name), value, value.length)));
  } catch (error) {
    if (codeOf(error) === 'ENODATA' || isUnsupported(error)) return undefined;
    throw error;
  }
}

export function setAttribute(fd: number, { name, value }: Attribute): void {
  call(SET, fd, cText(name), value, value.length, 0);
}

export function removeAttribute(fd: number, name: Buffer): void {
  if (process.platform !== 'linux') return;
  try {
    call(REMOVE, fd, cText(name));
  } catch (error) {
    if (codeOf(error) !== 'ENODATA' && !isUnsupported(error)) throw error;
  }
}

/** struct fsxattr of linux/fs.h: flags, extent size, extents, project, reserved bytes. */
const FSXATTR_BYTES = 28;
const FLAGS_AT = 0;
const PROJECT_AT = 12;
/** FS_IOC_FSGETXATTR and FS_IOC_FSSETXATTR, without their direction. */
const GET_FSXATTR = 0x1c581f;
const SET_FSXATTR = 0x1c5820;
const FS_XFLAG_IMMUTABLE = 0x08;
const FS_XFLAG_APPEND = 0x10;
const FS_XFLAG_PROJINHERIT = 0x200;

export interface FileFlags {
  /** The id by which quotas of directory trees count; 0: none. */
  project: number;
  /** chattr +i: it cannot be changed. */
  immutable: boolean;
  /** chattr +a: it can only grow. */
  appendOnly: boolean;
  /** A directory that gives its project to new files. */
  inheritsProject: boolean;
}

const NO_FLAGS: FileFlags = {
  project: 0,
  immutable: false,
  appendOnly: false,
  inheritsProject: false,
};

/** NO_FLAGS where the file system does not support them. */
export function flagsOf(fd: number): FileFlags {
  const raw = readFlags(fd);
  if (!raw) return NO_FLAGS;
  const flags = raw.readUInt32LE(FLAGS_AT);
  return {
    project: raw.readUInt32LE(PROJECT_AT),
    immutable: (flags & FS_XFLAG_IMMUTABLE) !== 0,
    appendOnly: (flags & FS_XFLAG_APPEND) !== 0,
    inheritsProject: (flags & FS_XFLAG_PROJINHERIT) !== 0,
  };
}

export function setProject(fd: number, project: number): void {
  const raw = readFlags(fd);
  if (!raw || raw.readUInt32LE(PROJECT_AT) === project) return;
  raw.writeUInt32LE(project, PROJECT_AT);
  ioctlWrite(fd, SET_FSXATTR, raw);
}

function readFlags(fd: number): Buffer | undefined {
  if (process.platform !== 'linux') return undefined;
  const raw = Buffer.alloc(FSXATTR_BYTES);
  try {
    ioctlRead(fd, GET_FSXATTR, raw);
    return raw;
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw error;
  }
}

function cText(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(1)]);
}

const UNSUPPORTED = ['ENOTSUP', 'EOPNOTSUPP', 'ENOTTY', 'ENOSYS', 'EINVAL'];

function isUnsupported(error: unknown): boolean {
  return UNSUPPORTED.includes(codeOf(error) ?? '');
}

// Reads mount tables, and finds mounts of a log or overlays above it that stand in the way of a compaction.
import { readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileId, idBehind, type FileId } from './identity.js';
import { printableProcess } from './process-name.js';
import { processIds } from './processes.js';
import type { OpenFile } from './read.js';

/** A line of /proc/PID/mountinfo. */
export interface Mount {
  id: number;
  /** Major and minor number of the file system, as `8:1`. */
  device: string;
  /** Which path in the file system is mounted. */
  root: string;
  point: string;
  type: string;
  /** Options of the file system, such as `upperdir=…`. */
  options: string[];
}

/** A mount, and a process in whose mount namespace it is. */
export interface SeenMount extends Mount {
  pid: number;
  /** Whether it is in the mount namespace of papyra. */
  here: boolean;
}

function parse(table: string): Mount[] {
  return table.split('\n').flatMap((line) => {
    const words = line.split(' ');
    const dash = words.indexOf('-');
    if (dash === -1) return [];
    const [id, , device, root, point] = words;
    const [type, , options = ''] = words.slice(dash + 1);
    return [
      {
        id: Number(id),
        device: device!,
        root: unescaped(root!),
        point: unescaped(point!),
        type: type!,
        options: options.split(',').map(unescaped),
      },
    ];
  });
}

/** Decodes blanks, tabs, newlines and backslashes, which are octal numbers in mountinfo. */
function unescaped(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, octal: string) => {
    return String.fromCharCode(parseInt(octal, 8));
  });
}

/** The mounts of this process; none where there is no /proc. */
export function mountsHere(): Mount[] {
  try {
    return parse(readFileSync('/proc/self/mountinfo', 'utf8'));
  } catch {
    return [];
  }
}

/** The mount through which a file was opened; undefined: unknown. */
export function mountOf(fd: number): Mount | undefined {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    const id = Number(/^mnt_id:\s*(\d+)/m.exec(info)?.[1]);
    return mountsHere().find((mount) => mount.id === id);
  } catch {
    return undefined;
  }
}

/** The mounts of all mount namespaces that can be seen from here, each namespace once. */
export function mountsEverywhere(): SeenMount[] {
  const own = namespaceOf('self');
  const seen = new Set<string | undefined>([undefined]);
  const mounts: SeenMount[] = [];
  for (const pid of ['self', ...processIds()]) {
    const namespace = namespaceOf(pid);
    if (seen.has(namespace)) continue;
    try {
      const table = parse(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
      seen.add(namespace);
      const where = { pid: pid === 'self' ? process.pid : Number(pid), here: namespace === own };
      mounts.push(...table.map((mount) => ({ ...mount, ...where })));
    } catch {
      // The process has ended, or may not be looked into: another one may show the same namespace.
    }
  }
  return mounts;
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/**
 * A mount of the log file itself, in words: it would still lead to the old file after a rename. Mounts of a directory
 * do not count, as they look the name up each time. undefined: none that can be seen from here.
 */
export function otherMountOf(log: OpenFile, mounts = mountsEverywhere()): string | undefined {
  const own = mountOf(log.fd);
  if (!own) return undefined;
  const id = fileId(log.fd);
  const inFileSystem = join(own.root, relative(own.point, log.path));
  const other = mounts.find((mount) => {
    if (mount.device !== own.device || (mount.here && mount.point === log.path)) return false;
    return mount.root === inFileSystem || idBehind(pathOf(mount)) === id;
  });
  return other && `it is also mounted by itself at ${whereIs(other)}`;
}

/**
 * The mounted overlay that has a log in its upper or work directory, in words: its users write to the log through the
 * overlay, which does not see changes underneath. undefined: none that can be seen from here.
 */
export function overlayAbove(log: string, mounts = mountsEverywhere()): string | undefined {
  const above = new Set<FileId | undefined>();
  for (let path = dirname(log); ; path = dirname(path)) {
    above.add(idBehind(path));
    if (path === dirname(path)) break;
  }
  above.delete(undefined);
  for (const mount of mounts) {
    if (mount.type !== 'overlay') continue;
    for (const role of ['upper', 'work'] as const) {
      const path = mount.options
        .find((option) => option.startsWith(`${role}dir=`))
        ?.slice(`${role}dir=`.length);
      if (path === undefined) continue;
      const place = mount.here ? path : `/proc/${mount.pid}/root${path}`;
      const isAbove = above.has(idBehind(place)) || `${log}/`.startsWith(`${path}/`);
      if (isAbove) return `it is in the ${role} directory of the overlay mounted at ${whereIs(mount)}`; // prettier-ignore
    }
  }
  return undefined;
}

/** A path by which this process reaches the mount. */
function pathOf(mount: SeenMount): string {
  return mount.here ? mount.point : `/proc/${mount.pid}/root${mount.point}`;
}

function whereIs(mount: SeenMount): string {
  if (mount.here) return mount.point;
  const command = printableProcess(String(mount.pid));
  return `${mount.point} in the mount namespace of pid ${mount.pid}${command && ` (${command})`}`;
}

import { readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileId, idBehind, type FileId } from './identity.js';
import { printableProcess } from './process-name.js';
import { processIds } from './processes.js';
import type { OpenFile } from './read.js';

/** A line of mountinfo: proc(5). */
export interface Mount {
  id: number;
  /** Major and minor number of the file system, as `8:1`. */
  device: string;
  /** What of the file system is mounted: a path in it. */
  root: string;
  point: string;
  type: string;
  /** Of the file system, such as `upperdir=…`. */
  options: string[];
}

/** A mount, and a process that has it: the mounts of others are seen through them. */
export interface SeenMount extends Mount {
  pid: number;
  /** It is in the mount namespace of this process. */
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

/** Blanks, tabs, newlines and backslashes stand as octal numbers. */
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

/** The mount through which a file was opened; undefined: it cannot be told. */
export function mountOf(fd: number): Mount | undefined {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    const id = Number(/^mnt_id:\s*(\d+)/m.exec(info)?.[1]);
    return mountsHere().find((mount) => mount.id === id);
  } catch {
    return undefined;
  }
}

/** The mounts of every mount namespace that can be seen from here, each namespace once. */
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
      // Gone, or of somebody else: another process may show the same namespace.
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
 * What else leads to a log, in words, and would go on leading to the old file after a rename: mounts of the file
 * alone. Mounts of a directory look the name up again each time, and do not count. undefined: nothing that can be
 * seen from here.
 */
export function otherMountOf(log: OpenFile): string | undefined {
  const own = mountOf(log.fd);
  if (!own) return undefined;
  const id = fileId(log.fd);
  const inFileSystem = join(own.root, relative(own.point, log.path));
  const other = mountsEverywhere().find((mount) => {
    if (mount.device !== own.device || (mount.here && mount.point === log.path)) return false;
    return mount.root === inFileSystem || idBehind(pathOf(mount)) === id;
  });
  return other && `it is also mounted by itself at ${whereIs(other)}`;
}

/**
 * Which mounted overlay has a log in its upper or work directory, in words: what the overlay's own users write does
 * not meet what is changed underneath. undefined: none that can be seen from here.
 */
export function overlayAbove(log: string): string | undefined {
  const above = new Set<FileId | undefined>();
  for (let path = dirname(log); ; path = dirname(path)) {
    above.add(idBehind(path));
    if (path === dirname(path)) break;
  }
  above.delete(undefined);
  for (const mount of mountsEverywhere()) {
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

/** As this process can reach it. */
function pathOf(mount: SeenMount): string {
  return mount.here ? mount.point : `/proc/${mount.pid}/root${mount.point}`;
}

function whereIs(mount: SeenMount): string {
  if (mount.here) return mount.point;
  const command = printableProcess(String(mount.pid));
  return `${mount.point} in the mount namespace of pid ${mount.pid}${command && ` (${command})`}`;
}

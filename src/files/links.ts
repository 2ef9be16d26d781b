// Follows symbolic links, and lists those that it met.
import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The limit of the kernel. */
const MAX_LINKS = 40;

/** The path, then the target of each link that it leads to in turn; the last one need not exist. */
export function linkChain(path: string): string[] {
  const ways = [resolve(path)];
  for (let at = linkAt(path); at !== undefined && ways.length <= MAX_LINKS; at = linkAt(at)) {
    ways.push(at);
  }
  return ways;
}

function linkAt(path: string): string | undefined {
  try {
    return resolve(realpathSync(dirname(path)), readlinkSync(path));
  } catch {
    return undefined;
  }
}

/** A symbolic link on the way to a file. */
export interface Link {
  path: string;
  uid: number;
  /** It has other names: another user may have made this one. */
  isShared: boolean;
}

export interface Resolved {
  /** Without a link in it. */
  path: string;
  links: Link[];
}

/**
 * Follows a path as realpath(3) does.
 *
 * @throws {NodeJS.ErrnoException} ENOENT when a part of it is not there, ELOOP when there are too many links.
 */
export function resolveLinks(path: string): Resolved {
  const links: Link[] = [];
  let done = '';
  let parts = resolve(path).split('/').slice(1);
  while (parts.length > 0) {
    const [part, ...rest] = parts;
    parts = rest;
    if (part === '') continue;
    const next = `${done}/${part}`;
    const stat = lstatSync(next);
    if (!stat.isSymbolicLink()) {
      done = next;
      continue;
    }
    links.push({ path: next, uid: stat.uid, isShared: stat.nlink > 1 });
    if (links.length > MAX_LINKS) throw Object.assign(new Error(`ELOOP, ${path}`), { code: 'ELOOP', syscall: 'lstat' }); // prettier-ignore
    parts = [
      ...resolve(done || '/', readlinkSync(next))
        .split('/')
        .slice(1),
      ...rest,
    ];
    done = '';
  }
  return { path: done || '/', links };
}

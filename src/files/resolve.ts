// Finds the real path of a file or directory, and refuses links that root cannot trust.
import { lstatSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { idBehind } from './identity.js';
import { resolveLinks, linkChain, type Link, type Resolved } from './links.js';
import { errnoOf } from '../errors/system-error.js';

/**
 * The real path of a file or directory that is there.
 *
 * - Both paths must lead to the same file. A path through /proc/PID/root may not: it leads into the mounts of
 *   another process, where links mean something else.
 * - Root follows a link only if root or the owner of what is at the real path made it: other users could lead root to
 *   files that are not theirs.
 *
 * @throws {NodeJS.ErrnoException} when it is not there, or may not be looked at.
 * @throws {PapyraError} `io_error`, `permission_denied`, `not_found`.
 */
export function resolveTo(path: string): string {
  let found: Resolved | undefined;
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    // Throws ENOENT for what is not there.
    statSync(path);
    found = tryToResolve(path);
    if (!found) {
      assertUtf8(path);
      continue;
    }
    const stat = lstatSync(found.path, { throwIfNoEntry: false });
    if (!stat || idBehind(path) !== idBehind(found.path)) continue;
    assertTrusted(path, found.links, stat.uid);
    return found.path;
  }
  throw new PapyraError(
    'io_error',
    `${path} is another file than the one at its real path${found ? `: that is ${found.path}` : ''}`,
    { hint: 'nothing was done; it is in another mount namespace or root directory: run papyra there (nsenter, docker exec)' }, // prettier-ignore
  );
}

/** The runtime or another run may replace a file between two looks at it, but not each time. */
const MOST_LOOKS = 100;

/**
 * The real path at which a missing file would be made; papyra keeps its files beside that, not beside a link to it.
 *
 * @throws {PapyraError} `permission_denied` when root would be led there by somebody else's link.
 */
export function resolvedPlace(path: string): string {
  const ways = linkChain(path);
  const place = ways.at(-1)!;
  const links = ways.slice(0, -1).flatMap((way) => {
    const stat = lstatSync(way, { throwIfNoEntry: false });
    return stat?.isSymbolicLink() ? [{ path: way, uid: stat.uid, isShared: stat.nlink > 1 }] : [];
  });
  const directory = statSync(dirname(place), { throwIfNoEntry: false });
  if (!directory) return place;
  assertTrusted(path, links, directory.uid);
  return join(resolveTo(dirname(place)), basename(place));
}

function assertTrusted(path: string, links: readonly Link[], owner: number): void {
  const odd = links.find(({ uid, isShared }) => isShared || (uid !== 0 && uid !== owner));
  if (!odd || process.geteuid?.() !== 0) return;
  throw new PapyraError(
    'permission_denied',
    `${path} leads through the link ${odd.path}, which belongs to the user with the id ${odd.uid}${odd.isShared ? ' and has other names' : ''}: it is not sure that root or the owner of what it leads to (${owner}) made it`,
    {
      hint: 'nothing was done; give the real path in place of the link, or run papyra as the owner of the file',
    },
  );
}

function tryToResolve(path: string): Resolved | undefined {
  try {
    return resolveLinks(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Node shows bytes that are not UTF-8 as this character, and then finds no file of that name. */
const UNREADABLE = '\uFFFD';

/** @throws {PapyraError} `not_found` when a file cannot be found because its name is not UTF-8. */
export function assertUtf8(path: string): void {
  const odd = linkChain(path).find((way) => way.includes(UNREADABLE));
  if (odd === undefined) return;
  const shown = odd.replaceAll(UNREADABLE, '\\x??');
  throw new PapyraError(
    'not_found',
    `the name ${shown} has bytes that are not UTF-8: papyra cannot open it`,
    { hint: 'nothing was done; rename it, and tell the runtime' },
  );
}

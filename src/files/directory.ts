import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { rememberHeld } from '../errors/held-paths.js';

/** Linux: the same number on all architectures that Node runs on, and no part of what it knows. */
const O_PATH = 0o10_000_000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

/**
 * A directory that is held open. Whoever may rename it, or one above it, can put a link in its place between
 * any two calls: paths through the descriptor lead to the same directory all the same.
 */
export interface HeldDirectory {
  /** To put before `/NAME` in any call. */
  path: string;
  close(): void;
}

/**
 * Opens a directory at its real path, part by part, and follows no link on the way. Where there is no /proc, the
 * path itself has to do.
 *
 * @throws {NodeJS.ErrnoException} ENOTDIR or ELOOP when a link has taken the place of a part.
 */
export function holdDirectory(real: string): HeldDirectory {
  if (!canHold()) return { path: real, close: () => undefined };
  let fd = openSync('/', O_PATH | O_DIRECTORY);
  for (const part of real.split('/')) {
    if (part !== '') fd = stepInto(fd, part);
  }
  return heldAs(fd, real);
}

/** Opens a directory in another one; a link in its place is not followed. */
export function holdInside(parent: string, name: string): HeldDirectory {
  const path = `${parent}/${name}`;
  if (!canHold()) return { path, close: () => undefined };
  return heldAs(openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW), path);
}

function heldAs(fd: number, real: string): HeldDirectory {
  rememberHeld(fd, real);
  return { path: `/proc/self/fd/${fd}`, close: () => closeSync(fd) };
}

function stepInto(fd: number, part: string): number {
  try {
    return openSync(`/proc/self/fd/${fd}/${part}`, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  } finally {
    closeSync(fd);
  }
}

let possible: boolean | undefined;

function canHold(): boolean {
  return (possible ??= process.platform === 'linux' && existsSync('/proc/self/fd'));
}

// Holds a directory open, so that calls reach it whatever takes its place or that of a parent directory.
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { rememberHeld } from '../errors/held-paths.js';

/** Linux: the same number on all architectures of Node, which does not define it. */
const O_PATH = 0o10_000_000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;

/** Paths through the descriptor lead to this directory, also when a user puts a link in its place between two calls. */
export interface HeldDirectory {
  /** To put before `/NAME` in any call. */
  path: string;
  close(): void;
}

/**
 * Opens a directory at its real path, component by component, without following links. Without /proc it returns the
 * path itself.
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

/** Opens a directory in another one, without following a link. */
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

import { fstatSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import type { LogNames } from './names.js';
import { attempt, errnoOf, systemError } from './system-error.js';

/** What a head removal is about to do: [start, keep) becomes fillers, [0, align) goes. */
export interface Intent {
  /** First byte behind what is collapsed: a multiple of the block size. */
  align: number;
  /** First byte that becomes a filler. */
  start: number;
  /** First byte that stays. */
  keep: number;
  nonce: string;
}

/** An inode number alone is not enough: a file system gives it away again at once. */
function identity(fd: number): string {
  const { ino, birthtimeMs } = fstatSync(fd);
  return `${ino}.${Math.round(birthtimeMs)}`;
}

/**
 * The intent is the target of a symbolic link: on a full disk a plain user can make one, where five
 * bytes cannot be written to a file any more.
 */
export function writeIntent(names: LogNames, fd: number, intent: Intent): void {
  const { align, start, keep, nonce } = intent;
  const target = [align, start, keep, nonce, identity(fd)].join('.');
  attempt('create', names.intent, () => symlinkSync(target, names.intent));
}

/** The intent beside a log; `foreign` when it is about another file, null when there is none. */
export function readIntent(names: LogNames, fd: number): Intent | 'foreign' | null {
  let target: string;
  try {
    target = readlinkSync(names.intent);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) === 'EINVAL') return 'foreign';
    throw systemError(error, 'read', names.intent);
  }
  const match = /^(\d+)\.(\d+)\.(\d+)\.([0-9a-f]{16})\.(\d+\.\d+)$/.exec(target);
  if (match?.[5] !== identity(fd)) return 'foreign';
  const [align, start, keep] = match.slice(1, 4).map(Number) as [number, number, number];
  return { align, start, keep, nonce: match[4]! };
}

export function dropIntent(names: LogNames): void {
  attempt('remove', names.intent, () => unlinkSync(names.intent));
}

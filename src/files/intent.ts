import { randomBytes } from 'node:crypto';
import { fstatSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { NONCE_CHARS } from './filler.js';
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

const short = (number: number): string => number.toString(36);
const long = (text: string): number => parseInt(text, 36);

/** An inode number alone is not enough: a file system gives it away again at once. */
function identity(fd: number): string {
  const { ino, birthtimeMs } = fstatSync(fd);
  return `${short(ino)}.${short(Math.round(birthtimeMs))}`;
}

/**
 * The intent is the target of a symbolic link: on a full disk a plain user can make one, where five
 * bytes cannot be written to a file any more. Up to 59 bytes, that is: a longer one takes a block.
 */
export function writeIntent(names: LogNames, fd: number, intent: Intent): void {
  const { align, start, keep, nonce } = intent;
  const offsets = [align, keep - align, align - start].map(short);
  const target = [...offsets, nonce, identity(fd)].join('.');
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
  const match = /^(\w+)\.(\w+)\.(\w+)\.(\w{10})\.(\w+\.\w+)$/.exec(target);
  if (match?.[5] !== identity(fd)) return 'foreign';
  const [align, above, below] = match.slice(1, 4).map(long) as [number, number, number];
  return { align, start: align - below, keep: align + above, nonce: match[4]! };
}

export function dropIntent(names: LogNames): void {
  attempt('remove', names.intent, () => unlinkSync(names.intent));
}

/** A nonce, short enough for an intent. */
export function makeNonce(): string {
  const number = randomBytes(8).readBigUInt64BE() % 36n ** BigInt(NONCE_CHARS);
  return number.toString(36).padStart(NONCE_CHARS, '0');
}

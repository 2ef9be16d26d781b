// Writes and reads the intent of a removal in place (head-removal.ts): a symbolic link whose target holds the numbers.
import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync, readSync, symlinkSync } from 'node:fs';
import { LARGEST_UNIT } from './collapse.js';
import { removeFile } from './durable.js';
import { FILLER_BYTES, NONCE_CHARS } from './filler.js';
import { lastingId } from './identity.js';
import type { LogNames } from './names.js';
import type { OpenFile } from './read.js';
import { attempt, errnoOf, systemError } from '../errors/system-error.js';

/** [start, keep) becomes fillers, then [0, align) is removed. */
export interface Intent {
  /** End of what is removed: a multiple of the unit of the file system. */
  align: number;
  /** First byte that becomes a filler. */
  start: number;
  /** First byte that stays. */
  keep: number;
  nonce: string;
  /** Tells the log from what writers have put there since another tool emptied it. */
  trace: string;
}

const TRACE_CHARS = 5;
const TRACED_BYTES = 4096;

/** Of the first bytes of the log, as far as no filler is written there: they stay until the head is removed. */
export function traceOf({ fd, path }: OpenFile, start: number): string {
  const bytes = Buffer.alloc(Math.min(TRACED_BYTES, start));
  const read = attempt('read', path, () => readSync(fd, bytes, 0, bytes.length, 0));
  const number = createHash('sha256').update(bytes.subarray(0, read)).digest().readUInt32BE();
  return (number % 36 ** TRACE_CHARS).toString(36).padStart(TRACE_CHARS, '0');
}

const short = (number: number | bigint): string => number.toString(36);
const long = (text: string): number => parseInt(text, 36);

function identity(fd: number): string {
  const { inode, born } = lastingId(fd);
  return `${short(inode)}.${short(born)}`;
}

/** A link: on a full disk a user can make one with up to 59 bytes (more take a block), but no file with content. */
export function writeIntent(names: LogNames, fd: number, intent: Intent): void {
  const { align, start, keep, nonce, trace } = intent;
  const offsets = [align, keep - align, align - start].map(short);
  const target = [...offsets, nonce, trace, identity(fd)].join('.');
  attempt('create', names.intent, () => symlinkSync(target, names.intent));
}

/** The intent beside a log; `foreign`: it is about another file; null: there is none. */
export function readIntent(names: LogNames, fd: number): Intent | 'foreign' | null {
  let target: string;
  try {
    target = readlinkSync(names.intent);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    if (errnoOf(error) === 'EINVAL') return 'foreign';
    throw systemError(error, 'read', names.intent);
  }
  const match = /^(\w+)\.(\w+)\.(\w+)\.([0-9a-z]{10})\.([0-9a-z]{5})\.(\w+\.\w+)$/.exec(target);
  if (match?.[6] !== identity(fd)) return 'foreign';
  const [align, above, below] = match.slice(1, 4).map(long) as [number, number, number];
  const intent = {
    align,
    start: align - below,
    keep: align + above,
    nonce: match[4]!,
    trace: match[5]!,
  };
  return isPossible(intent) ? intent : 'foreign';
}

/** False for numbers that no run has written: who may write to the directory can make such a link. */
function isPossible({ align, start, keep, nonce }: Intent): boolean {
  const isOurs = Number.isSafeInteger(keep) && Number.isSafeInteger(align) && nonce.length === NONCE_CHARS; // prettier-ignore
  const rest = keep - align;
  const isRest = rest >= FILLER_BYTES && rest <= 2 * LARGEST_UNIT;
  return isOurs && start >= 0 && align - start >= FILLER_BYTES && isRest;
}

export function dropIntent(names: LogNames): void {
  attempt('remove', names.intent, () => removeFile(names.intent));
}

export function makeNonce(): string {
  const number = randomBytes(8).readBigUInt64BE() % 36n ** BigInt(NONCE_CHARS);
  return number.toString(36).padStart(NONCE_CHARS, '0');
}

// Finds out whether a file system lets files share blocks, and shares those of a log with its next content.
import { closeSync, fstatSync, ftruncateSync, openSync, statfsSync } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { attempt, errnoOf } from '../errors/system-error.js';
import { cloneRange, syncFileSystem } from '../system/clone.js';
import { openNameless } from '../system/nameless.js';
import { chunks, type OpenFile, type Tick } from './read.js';
import { BTRFS, freeBytes } from './surroundings.js';

/** Bytes `[from, to)` of a log that its next content shares. Both are multiples of the block size. */
export interface SharedRange {
  file: OpenFile;
  from: number;
  to: number;
}

const XFS = 0x58465342;

/** A clone of fewer bytes takes about as long as their copy. */
export const WORTH_A_CLONE = 1 << 20;

/**
 * The unit in which files of a directory can share blocks, tried out on two files without a name or a block. undefined:
 * they cannot, or a copy is better: btrfs keeps all of an extent while any block of it is in use, so there a copy of
 * `bytes` frees more where there is room for it.
 */
export function cloneUnit(directory: string, bytes: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const { bsize, type } = statfsSync(directory);
  if (type === BTRFS && freeBytes(directory) >= bytes) return undefined;
  const files: number[] = [];
  try {
    for (let one = 0; one < 2; one++) {
      const fd = openNameless(directory);
      if (fd === undefined) return undefined;
      files.push(fd);
    }
    const [from, to] = files as [number, number];
    ftruncateSync(from, bsize);
    cloneRange(from, 0, bsize, to, 0);
    return bsize;
  } catch (error) {
    if (error instanceof PapyraError) return undefined;
    // Who may make no file there can only do a dry run: it shows what the owner's run would do.
    const unknown = ['EACCES', 'EROFS'].includes(errnoOf(error) ?? '');
    return unknown && (type === XFS || type === BTRFS) ? bsize : undefined;
  } finally {
    for (const fd of files) closeSync(fd);
  }
}

/** So much at a time: a signal waits for a clone to end. */
const STEP_BYTES = 256 << 20;

/** Appends a range of a log to its next content, whose end is a multiple of the block size; copies what cannot be shared. */
export async function appendShared(
  { file, from, to }: SharedRange,
  target: { fd: number; append: (piece: Uint8Array) => void },
  tick: Tick,
): Promise<void> {
  // Files that are open for appending cannot share: this descriptor is not.
  const fd = openSync(`/proc/self/fd/${target.fd}`, 'r+');
  try {
    for (let at = from; at < to; at += STEP_BYTES) {
      const length = Math.min(STEP_BYTES, to - at);
      try {
        cloneRange(file.fd, at, length, fd, fstatSync(fd).size);
      } catch (error) {
        if (!isUnable(error)) throw error;
        for await (const piece of chunks(file, at, to, tick)) target.append(piece);
        return;
      }
      const pause = tick(0);
      if (pause) await pause;
    }
  } finally {
    closeSync(fd);
  }
}

function isUnable(error: unknown): boolean {
  return ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EXDEV', 'EPERM', 'ETXTBSY'].includes(
    errnoOf(error) ?? '',
  );
}

/** Whether the size of a file that shares blocks says nothing about the space that its removal frees. */
export function mustMeasure(directory: string): boolean {
  return statfsSync(directory).type === BTRFS;
}

/** Bytes that nobody uses on the file system of a directory; all files that were removed until now count. */
export function unusedBytes(directory: string): number {
  const fd = attempt('open', directory, () => openSync(directory, 'r'));
  try {
    syncFileSystem(fd);
  } catch {
    // The number is then less exact, which is no reason to fail.
  } finally {
    closeSync(fd);
  }
  const { bfree, bsize } = statfsSync(directory);
  return bfree * bsize;
}

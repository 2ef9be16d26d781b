import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { statfsSync } from 'node:fs';
import { PapyraError } from '../errors.js';
import { FILLER_BYTES } from './filler.js';
import type { OpenFile } from './read.js';
import { errnoOf, systemError } from './system-error.js';

/** File systems that can remove a range of a file (statfs f_type). */
const ABLE = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x794c7630, 'overlay'],
]);

/**
 * Why the head of a file cannot be removed in place: `io_error` where the file system is known not to be
 * able to, `config_invalid` where the command for it is missing; undefined: it can.
 */
export function obstacleToCollapse(path: string): PapyraError | undefined {
  const { error } = spawnSync('fallocate', ['--version'], { stdio: 'ignore' });
  if (errnoOf(error) === 'ENOENT') return noFallocate(error);
  if (process.platform === 'linux' && ABLE.has(statfsSync(path).type)) return undefined;
  return new PapyraError('io_error', `--in-place cannot work on the file system of ${path}`, {
    hint: 'nothing was done; it needs ext4 or xfs on Linux. Free some space and compact without --in-place',
  });
}

/** Ranges are removed in multiples of this. */
export function blockSize(path: string): number {
  return statfsSync(path).bsize;
}

/** How much of a head can go when `keep` is the first byte that stays; 0: not one block. */
export function removable(path: string, keep: number): number {
  const block = blockSize(path);
  // Below it there must be room for a filler, too.
  const align = Math.floor((keep - FILLER_BYTES) / block) * block;
  return align < Math.max(block, FILLER_BYTES) ? 0 : align;
}

/**
 * Removes `[offset, offset + length)` of an open file: what is behind it moves up, without a copy.
 * Node has no fallocate(2), so the command does it, in a child that also holds the lock: were only
 * papyra killed, a second run could repair what the orphan then removes once more.
 */
export async function collapseRange(
  file: OpenFile,
  locks: readonly number[],
  offset: number,
  length: number,
): Promise<void> {
  const range = ['--offset', String(offset), '--length', String(length)];
  const child = spawn('fallocate', ['--collapse-range', ...range, '/proc/self/fd/3'], {
    stdio: ['ignore', 'ignore', 'pipe', file.fd, ...locks],
    // A Ctrl-C is for papyra, which waits for the child and then stops.
    detached: true,
  });
  let words = '';
  child.stderr?.on('data', (text: Buffer) => (words += text.toString()));
  let code: number | null;
  try {
    [code] = (await once(child, 'close')) as [number | null];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw noFallocate(error);
    throw systemError(error, 'start the fallocate command for', file.path);
  }
  if (code === 0) return;
  const reason =
    words
      .trim()
      .split('\n')[0]
      ?.replace(/^fallocate: /, '') ?? '';
  throw new PapyraError(
    'io_error',
    `cannot remove the head of ${file.path} in place: ${reason || `status ${code}`}`,
    { hint: 'every record is still there; compact without --in-place' },
  );
}

function noFallocate(cause: unknown): PapyraError {
  return new PapyraError('config_invalid', 'the fallocate command was not found', {
    hint: 'nothing was done; install the package util-linux',
    cause,
  });
}

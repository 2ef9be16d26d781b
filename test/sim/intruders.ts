// What other tools do to a log and its disk. They know nothing of papyra.
import { execaSync } from 'execa';
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, statfsSync, truncateSync, writeFileSync, writeSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import type { FileStage } from './stage.js';

const MB = 2 ** 20;

/** Writes until so many bytes are free. */
export function fillDisk({ disk, own }: FileStage, leave: number): void {
  if (!own) return;
  const ballast = join(disk, 'ballast');
  const free = () => statfsSync(disk).bavail * statfsSync(disk).bsize - leave;
  const fd = openSync(ballast, 'a');
  try {
    const most = free() - MB;
    if (most > 0) execaSync('fallocate', ['--length', `${fstatSync(fd).size + most}`, ballast], { reject: false }); // prettier-ignore
    const end = fstatSync(fd).size;
    for (let at = end; at < end + 8 * MB && (leave === 0 || free() > 0);) at += writeSync(fd, Buffer.alloc(4096), 0, 4096, at); // prettier-ignore
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(fd);
  }
}

export function emptyDisk({ disk, own }: FileStage): void {
  rmSync(join(disk, 'ballast'), { force: true });
  // On btrfs what is removed is free when a transaction has ended: for df, and for papyra.
  if (own) execaSync('sync', ['--file-system', disk]);
}

/** `: > LOG`. Returns what was in it, as far as nobody wrote meanwhile. */
export function truncate({ path }: FileStage): string[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'latin1').split('\n');
  truncateSync(path, 0);
  return lines;
}

/** As logrotate does: it opens the log for writing, copies it, and cuts it off by that descriptor. */
export function copytruncate({ path, outside }: FileStage, number: number): string[] {
  if (!existsSync(path)) return [];
  const fd = openSync(path, 'r+');
  try {
    const content = readFileSync(fd);
    writeFileSync(join(outside, `copy.${number}`), content);
    ftruncateSync(fd, 0);
    return content.toString('latin1').split('\n');
  } finally {
    closeSync(fd);
  }
}

export function move({ path, aside }: FileStage, number: number): void {
  if (existsSync(path)) renameSync(path, join(aside, `moved.${number}`));
}

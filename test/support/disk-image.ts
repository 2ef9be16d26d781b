// Makes a file system of its own in an image file, and mounts it.
import { execaSync } from 'execa';
import { chmodSync } from 'node:fs';

/** This machine will not have such a file system: its own words. */
export class Refused extends Error {}

const MAKE = {
  ext2: ['mkfs.ext2', '-q', '-F'],
  ext3: ['mkfs.ext3', '-q', '-F'],
  ext4: ['mkfs.ext4', '-q', '-F'],
  xfs: ['mkfs.xfs', '-q'],
  btrfs: ['mkfs.btrfs', '-q'],
};
export type DiskKind = keyof typeof MAKE;

/** Smaller ones their mkfs refuses, or makes in another way. */
const MEGABYTES = { ext2: 64, ext3: 64, ext4: 64, xfs: 300, btrfs: 128 };

/** Makes an image of so many megabytes, with further options of its mkfs. */
export function makeImage(
  kind: DiskKind,
  image: string,
  options: readonly string[] = [],
  megabytes = MEGABYTES[kind],
): void {
  execaSync('truncate', ['--size', '0', image]);
  execaSync('truncate', ['--size', `${megabytes}M`, image]);
  const [command, ...args] = MAKE[kind];
  const made = execaSync(command!, [...args, ...options, image], { reject: false });
  if (made.failed) throw new Refused(made.stderr);
}

/** The same, mounted on a directory. */
export function mountImage(
  kind: DiskKind,
  image: string,
  point: string,
  megabytes?: number,
  options: readonly string[] = [],
): void {
  makeImage(kind, image, options, megabytes);
  const { failed, stderr } = execaSync('mount', ['-o', 'loop', image, point], { reject: false });
  if (failed) throw new Refused(`${stderr}\n${kernelOn(image, point)}`);
  chmodSync(point, 0o755);
}

export function unmount(point: string): void {
  const { failed } = execaSync('umount', [point], { reject: false });
  if (failed) execaSync('umount', ['--lazy', point], { reject: false });
}

/** What the kernel writes down when it will not mount an image. */
function kernelOn(image: string, point: string): string {
  const device = execaSync('losetup', ['--find', '--show', image]).stdout;
  execaSync('mount', [device, point], { reject: false });
  execaSync('losetup', ['--detach', device]);
  const said = execaSync('dmesg', { reject: false }).stdout.split('\n');
  return said.filter((line) => line.includes(`(${device.replace('/dev/', '')}):`)).at(-1) ?? '';
}

/** Leaves so many megabytes on a disk, by a file that takes the rest. */
export function fillDisk(point: string, megabytes: number): void {
  execaSync('sync', ['-f', point]);
  const { stdout } = execaSync('df', ['--output=avail', '-B1M', point]);
  const free = Number(stdout.split('\n')[1]);
  execaSync('fallocate', ['-l', `${free - megabytes}M`, `${point}/filled`]);
  execaSync('sync', ['-f', point]);
}

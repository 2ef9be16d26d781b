// Makes a file system of its own in an image file.
import { execaSync } from 'execa';
import { closeSync, ftruncateSync, openSync } from 'node:fs';

const MAKE = {
  ext2: ['mkfs.ext2', '-q', '-F'],
  ext3: ['mkfs.ext3', '-q', '-F'],
  ext4: ['mkfs.ext4', '-q', '-F'],
  xfs: ['mkfs.xfs', '-q'],
  btrfs: ['mkfs.btrfs', '-q'],
};

export type Kind = keyof typeof MAKE;

/** Smaller ones their mkfs refuses, or makes in another way. */
const MEGABYTES = { ext2: 64, ext3: 64, ext4: 64, xfs: 300, btrfs: 128 };

/** Returns what its mkfs has to say against it, or undefined. */
export function makeImage(
  kind: Kind,
  image: string,
  options: readonly string[] = [],
  megabytes = MEGABYTES[kind],
): string | undefined {
  const fd = openSync(image, 'w');
  ftruncateSync(fd, megabytes * 2 ** 20);
  closeSync(fd);
  const [command, ...args] = MAKE[kind];
  const made = execaSync(command!, [...args, ...options, image], { reject: false });
  return made.failed ? made.stderr : undefined;
}

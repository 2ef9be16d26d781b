// A file system on a disk that remembers what was written to it: see device.py.
import { execa, execaSync } from 'execa';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeImage, unmount, type DiskKind } from '../support/disk-image.js';
import { ROOT } from '../support/papyra.js';

export interface FileSystem {
  name: string;
  kind: DiskKind;
  make: string[];
  mount: string[];
}

export const FILE_SYSTEMS: readonly FileSystem[] = [
  { name: 'ext4 data=ordered', kind: 'ext4', make: ['-b', '4096'], mount: [] },
  { name: 'ext4 data=writeback', kind: 'ext4', make: ['-b', '4096'], mount: ['data=writeback'] },
  { name: 'ext4 1 KB blocks', kind: 'ext4', make: ['-b', '1024'], mount: [] },
  { name: 'xfs', kind: 'xfs', make: [], mount: [] },
  { name: 'btrfs', kind: 'btrfs', make: [], mount: [] },
];

/** By its name; undefined: what the seed says. */
export function systemOf(name: string | undefined): FileSystem | undefined {
  const system = FILE_SYSTEMS.find((one) => one.name === name);
  if (name !== undefined && !system) throw new Error(`--system ${name}: ${FILE_SYSTEMS.map((one) => one.name).join(', ')}`); // prettier-ignore
  return system;
}

/** Where the parts of a recording are, below one directory. */
export const partsOf = (directory: string) => ({
  /** The disk before anything was written to it. */
  base: join(directory, 'base'),
  /** What it is now. */
  image: join(directory, 'image'),
  history: join(directory, 'history'),
  point: join(directory, 'mounted'),
});

/** Mounts an image file; returns how to undo that. */
export function mountImage(
  image: string,
  point: string,
  { mount }: FileSystem,
): () => Promise<void> {
  mkdirSync(point, { recursive: true });
  execaSync('mount', ['-o', ['loop', ...mount].join(','), image, point]);
  return async () => {
    unmount(point);
    await awaitDetached(image);
  };
}

/**
 * A process that has meanwhile made a namespace of mounts has this one in it, too: the file system lives until that
 * process ends, and whoever mounts the file again finds what was there before.
 */
async function awaitDetached(image: string): Promise<void> {
  const isAttached = () => execaSync('losetup', ['--associated', image]).stdout !== '';
  for (let tries = 0; isAttached(); tries++) {
    if (tries > 3000) throw new Error(`${image} stays mounted in a namespace of another process`);
    await sleep(20);
  }
}

/** An image whose file system holds what `fill` writes to it. */
export async function makeBase(
  directory: string,
  system: FileSystem,
  fill: (point: string) => void,
): Promise<void> {
  const { base, point } = partsOf(directory);
  makeImage(system.kind, base, system.make);
  const undo = mountImage(base, point, system);
  try {
    fill(point);
  } finally {
    await undo();
  }
}

/** Mounts a copy of the base on a disk that remembers; returns how to undo that. */
export async function record(directory: string, system: FileSystem): Promise<() => Promise<void>> {
  const { base, image, history, point } = partsOf(directory);
  const fuse = join(directory, 'fuse');
  mkdirSync(fuse);
  execaSync('cp', ['--sparse=always', base, image]);
  // Debian's own python3, which has its package of FUSE.
  const script = join(ROOT, 'test/disk/device.py');
  const device = execa('/usr/bin/python3', [script, fuse, image, history], { reject: false });
  const file = join(fuse, 'disk');
  for (let tries = 0; !existsSync(file); tries++) {
    if (tries > 500) throw new Error(`no disk: ${(await device).stderr}`);
    await sleep(20);
  }
  const loop = execaSync('losetup', ['--find', '--show', file]).stdout;
  execaSync('mount', ['-o', ['rw', ...system.mount].join(','), loop, point]);
  return async () => {
    unmount(point);
    execaSync('losetup', ['--detach', loop]);
    unmount(fuse);
    await device;
  };
}

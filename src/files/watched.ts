import { fstatSync } from 'node:fs';
import { mountOf } from './mounts.js';

/** Kernel numbers of devices have so many bits for the minor one. */
const MINOR_BITS = 20;

/**
 * How a watch on an open file or directory stands in /proc/PID/fdinfo: its inode and its device in hexadecimal.
 * The device is that of the mount, as stat(2) has another one on btrfs and overlayfs. undefined: unknown.
 */
export function watchOf(fd: number): string | undefined {
  const device = mountOf(fd)?.device;
  if (device === undefined) return undefined;
  const [major, minor] = device.split(':').map(Number);
  const sdev = major! * 2 ** MINOR_BITS + minor!;
  return ` ino:${fstatSync(fd, { bigint: true }).ino.toString(16)} sdev:${sdev.toString(16)} `;
}

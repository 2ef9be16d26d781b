// Says how an inotify watch on a file or directory appears in /proc/PID/fdinfo.
import { fstatSync } from 'node:fs';
import { mountOf } from './mounts.js';

/** The kernel's device numbers have so many bits for the minor number. */
const MINOR_BITS = 20;

/**
 * Inode and device in hexadecimal. The device is that of the mount: on btrfs and overlayfs stat(2) returns another one.
 * undefined: unknown.
 */
export function watchOf(fd: number): string | undefined {
  const device = mountOf(fd)?.device;
  if (device === undefined) return undefined;
  const [major, minor] = device.split(':').map(Number);
  const sdev = major! * 2 ** MINOR_BITS + minor!;
  return ` ino:${fstatSync(fd, { bigint: true }).ino.toString(16)} sdev:${sdev.toString(16)} `;
}

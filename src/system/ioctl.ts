// Calls ioctl(2). The number of a request says in which direction its bytes go; powerpc writes the directions differently.
import { call } from './library.js';

const IOCTL = 'int ioctl(int fd, unsigned long request, ...)';
const [READ, WRITE] =
  process.arch === 'ppc64' ? [0x4000_0000, 0x8000_0000] : [0x8000_0000, 0x4000_0000];

/**
 * Lets the kernel fill `bytes`.
 *
 * @param request size, letter and number of the request, as in the headers of Linux.
 */
export function ioctlRead(fd: number, request: number, bytes: Buffer): void {
  call(IOCTL, fd, READ + request, '_Inout_ uint8_t *', bytes);
}

/** Gives `bytes` to the kernel. */
export function ioctlWrite(fd: number, request: number, bytes: Buffer): void {
  call(IOCTL, fd, WRITE + request, 'uint8_t *', bytes);
}

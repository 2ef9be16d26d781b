// Sends one datagram to a Unix socket, for which Node has no call.
import { closeSync } from 'node:fs';
import { call } from './library.js';

const SOCKET = 'int socket(int domain, int type, int protocol)';
const SENDTO =
  'int64_t sendto(int fd, const uint8_t *data, size_t size, int flags, const uint8_t *address, uint32_t length)';
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** Linux: the same number on all architectures. */
const SOCK_CLOEXEC = 0o2_000_000;
const MSG_NOSIGNAL = 0x4000;
/** The room for a path in `struct sockaddr_un`, with the NUL that ends it. */
const LONGEST = 108;

/**
 * Sends `text` to the socket at a path; `@name` is one in the abstract namespace of Linux. Waits while the receiver has
 * no room, which for a service manager is next to never.
 *
 * @throws {NodeJS.ErrnoException} `ENOENT`, `ECONNREFUSED`: nobody receives there; `ENAMETOOLONG`, `EACCES` …
 */
export function sendDatagram(path: string, text: string): void {
  const address = addressOf(path);
  const data = Buffer.from(text);
  const fd = call(SOCKET, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  try {
    call(SENDTO, fd, data, data.length, MSG_NOSIGNAL, address, address.length);
  } finally {
    closeSync(fd);
  }
}

/** `struct sockaddr_un`: the family in the order of this machine, then the path. */
function addressOf(path: string): Buffer {
  const name = path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`;
  const address = Buffer.concat([
    new Uint8Array(Uint16Array.of(AF_UNIX).buffer),
    Buffer.from(name),
  ]);
  if (address.length <= 2 + LONGEST) return address;
  throw Object.assign(new Error('ENAMETOOLONG, sendto'), {
    code: 'ENAMETOOLONG',
    syscall: 'sendto',
  });
}

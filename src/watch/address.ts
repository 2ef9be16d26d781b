// Parses the value of --listen: a port, with an address before it or not.
import { isIP } from 'node:net';
import { PapyraError } from '../errors/errors.js';

export interface ListenAddress {
  host: string;
  port: number;
}

/** Only programs of this machine can connect, unless an address is given. */
const LOOPBACK = '127.0.0.1';

/**
 * `9464`, `0.0.0.0:9464`, `[::1]:9464`. Port 0: any that is free.
 *
 * @throws {PapyraError} `usage` for anything else.
 */
export function parseListen(text: string): ListenAddress {
  const [, bracketed, plain, digits = ''] =
    /^(?:(?:\[(.+)\]|([^:]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? LOOPBACK;
  const port = Number(digits);
  if (digits === '' || port > 65_535) {
    throw new PapyraError('usage', `'${text}' is not a port such as 9464, 0.0.0.0:9464 or [::1]:9464`); // prettier-ignore
  }
  const known = host === 'localhost' ? LOOPBACK : host;
  if (isIP(known) === (bracketed === undefined ? 4 : 6)) return { host: known, port };
  throw new PapyraError('usage', `'${host}' is not an address: give one of IPv4, or of IPv6 in brackets`); // prettier-ignore
}

export function addressText({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

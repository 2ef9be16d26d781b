// Turns the flags of `papyra schedule … --watch` into those of the service that the printed job starts.
import { PapyraError } from '../../src/errors/errors.js';
import type { Service } from '../../src/schedule/job.js';
import type { ScheduleKind } from '../../src/schedule/schedule.js';
import { addressText, type ListenAddress } from '../../src/watch/address.js';
import { amount } from '../options.js';

export interface ServiceFlags {
  watch?: boolean;
  every?: string;
  minFree?: string;
  listen?: ListenAddress;
}

/** The probe of a pod comes from outside of it, so there the service listens on all of its addresses. */
const IN_POD: ListenAddress = { host: '0.0.0.0', port: 9464 };
const LOOPBACK = ['127.0.0.1', '::1'];

/** null: no service was asked for. */
export function serviceOf(kind: ScheduleKind, flags: ServiceFlags): Service | null {
  const { watch = false, every, minFree, listen } = flags;
  if (!watch) {
    const alone = minFree !== undefined ? '--min-free' : listen && '--listen';
    if (alone === undefined) return null;
    throw new PapyraError('usage', `${alone} goes with --watch only`, {
      hint: 'add --watch, or leave it out; nothing was done',
    });
  }
  if (minFree !== undefined) amount('--min-free')(minFree);
  const address = kind === 'kubernetes' ? reachable(listen ?? IN_POD) : listen;
  return {
    flags: [
      ...(every === undefined ? [] : ['--every', every]),
      ...(minFree === undefined ? [] : ['--min-free', minFree]),
      ...(address === undefined ? [] : ['--listen', addressText(address)]),
    ],
    port: address?.port ?? null,
  };
}

function reachable({ host, port }: ListenAddress): ListenAddress {
  return { host: LOOPBACK.includes(host) ? IN_POD.host : host, port };
}

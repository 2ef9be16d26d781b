// Derives the name of a job, and a seed for its start times, from the store.
import { createHash } from 'node:crypto';
import { basename, dirname, extname } from 'node:path';

/** The limit of Kubernetes for the name of a CronJob, to which its jobs add 11 characters. */
const LONGEST = 52;

/** The same pseudo-random number for the same store; it spreads start times. */
export function seedOf(target: string): number {
  return createHash('sha256').update(target).digest().readUInt32BE();
}

/**
 * `papyra-app-events` for /var/lib/app/events.ndjson: small letters, digits and hyphens, which all schedulers accept.
 * If other characters are lost or the name is cut, a part of a hash keeps it unique.
 */
export function jobName(target: string): string {
  const words = target.startsWith('/')
    ? [basename(dirname(target)), basename(target, extname(target))]
    : [target];
  const text = ['papyra', ...words.filter(Boolean)].join('-');
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replace(/-$/, ''); // prettier-ignore
  if (plain === text && text.length <= LONGEST) return plain;
  const hash = seedOf(target).toString(16).padStart(8, '0');
  return `${plain.slice(0, LONGEST - hash.length - 1).replace(/-$/, '')}-${hash}`;
}

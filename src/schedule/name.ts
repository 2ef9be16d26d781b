import { createHash } from 'node:crypto';
import { basename, dirname, extname } from 'node:path';

/** What Kubernetes allows for a CronJob, whose jobs add 11 characters to it. */
const LONGEST = 52;

/** A number that is the same for the same store, and looks random: spreads start times. */
export function seedOf(target: string): number {
  return createHash('sha256').update(target).digest().readUInt32BE();
}

/**
 * The name of a job: `papyra-app-events` for /var/lib/app/events.ndjson. Small letters, digits and hyphens,
 * as all schedulers take them; where that loses something, a part of a hash makes up for it.
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

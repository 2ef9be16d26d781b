// Warns of a job for a store that is not on this machine, and says what was assumed of it.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { EffectiveConfig } from '../../src/index.js';
import type { Container } from '../../src/schedule/container.js';
import type { Host } from '../../src/schedule/host.js';
import { logOf } from '../../src/schedule/job.js';
import type { ScheduleKind } from '../../src/schedule/schedule.js';

/** A configured log that the runtime has not made yet, in a directory that is there, is here. */
export function elsewhere(
  kind: ScheduleKind,
  config: EffectiveConfig,
  place: Host & Container,
): string[] {
  const log = logOf(config);
  if (log === null || existsSync(log) || existsSync(`${log}.1`)) return [];
  const isConfigured = 'namedBy' in config.store && config.store.namedBy === 'config';
  if (isConfigured && existsSync(dirname(log))) return [];
  const assumed = ['it is a file, not a link', ASSUMED[kind](place)];
  return [`${log} is not on this machine, so the job was written for another one; it was assumed that ${assumed.join(', and that ')}`]; // prettier-ignore
}

const onHost = ({ command, user }: Host) => `there, too, papyra is run by ${command.join(' ')}, and the owner of the log is ${user}`; // prettier-ignore
const inContainer = ({ volume }: Container) => `${volume} is the volume that holds it; the container must run as its owner`; // prettier-ignore

const ASSUMED: Record<ScheduleKind, (place: Host & Container) => string> = {
  cron: onHost,
  systemd: onHost,
  kubernetes: inContainer,
  nomad: inContainer,
};

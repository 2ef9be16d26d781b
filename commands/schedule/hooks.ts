import type { EffectiveConfig } from '../../src/index.js';
import type { ScheduleKind } from '../../src/schedule/schedule.js';
import { findProgram } from './place.js';

/** Where a job finds programs; the PATH of a shell has more. A container's is its own. */
const PLACES: Partial<Record<ScheduleKind, string[]>> = {
  cron: ['/usr/bin', '/bin'],
  systemd: ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
};

/** Hooks that the job will not find, though they may be found here. */
export function hookWarnings(kind: ScheduleKind, { hooks }: EffectiveConfig): string[] {
  const places = PLACES[kind];
  if (!places || !hooks) return [];
  return Object.entries(hooks.commands).flatMap(([hook, [program]]: [string, string[]]) => {
    if (program!.includes('/') || findProgram(program!, places)) return [];
    return `the ${hook} hook ${program!} is not in ${places.join(':')}, where ${kind} looks for programs, so the job would not find it: name it with its path`;
  });
}

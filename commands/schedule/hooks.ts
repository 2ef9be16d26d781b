// Warns of hooks that a scheduled job would not find, though they may be found here.
import type { EffectiveConfig } from '../../src/index.js';
import type { ScheduleKind } from '../../src/schedule/schedule.js';
import { findProgram } from './place.js';

/** Where a job looks for programs; a shell's PATH has more directories. A container has a PATH of its own. */
const PLACES: Partial<Record<ScheduleKind, string[]>> = {
  cron: ['/usr/bin', '/bin'],
  systemd: ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
};

export function hookWarnings(kind: ScheduleKind, { hooks }: EffectiveConfig): string[] {
  const places = PLACES[kind];
  if (!places || !hooks) return [];
  return Object.entries(hooks.commands).flatMap(([hook, [program]]: [string, string[]]) => {
    if (program!.includes('/') || findProgram(program!, places)) return [];
    return `the ${hook} hook ${program!} is not in ${places.join(':')}, where ${kind} looks for programs, so the job would not find it: name it with its path`;
  });
}

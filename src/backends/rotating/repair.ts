import { closeSync, constants, lstatSync, openSync } from 'node:fs';
import { repairHead } from '../../files/head-removal.js';
import { dropIntent, readIntent } from '../../files/intent.js';
import type { LogNames } from '../../files/names.js';
import { attempt } from '../../files/system-error.js';
import type { Phases } from '../log/phases.js';
import type { Segment } from './set.js';

/** Brings a removal in place that was cut short to its end, wherever in the set its file is by now. */
export async function repairSet(
  names: LogNames,
  segments: readonly Segment[],
  lock: number,
  phases: Phases,
): Promise<string[]> {
  if (!lstatSync(names.intent, { throwIfNoEntry: false })) return [];
  const segment = segments.find(({ log }) => readIntent(names, log.fd) !== 'foreign');
  if (!segment) {
    dropIntent(names);
    return ['an intent to remove the head of a file that is gone was left here; it is removed'];
  }
  const { path, fd: reading } = segment.log;
  const fd = attempt('open for writing', path, () =>
    openSync(`/proc/self/fd/${reading}`, constants.O_RDWR),
  );
  try {
    return await repairHead({ log: { fd, path }, names, locks: [lock], tick: phases() });
  } finally {
    closeSync(fd);
  }
}

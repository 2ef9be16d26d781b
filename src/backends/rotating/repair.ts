// Finishes a removal in place in a rotating set that was interrupted, whatever name its file has by now.
import { lstatSync } from 'node:fs';
import { withWriting } from '../../files/durable.js';
import { repairHead } from '../../files/head-removal.js';
import { dropIntent, readIntent } from '../../files/intent.js';
import type { LogNames } from '../../files/names.js';
import type { Phases } from '../../log/phases.js';
import type { Segment } from './set.js';

export async function repairSet(
  names: LogNames,
  segments: readonly Segment[],
  phases: Phases,
): Promise<string[]> {
  if (!lstatSync(names.intent, { throwIfNoEntry: false })) return [];
  const segment = segments.find(({ log }) => readIntent(names, log.fd) !== 'foreign');
  if (!segment) {
    dropIntent(names);
    return ['an intent to remove the head of a file that is gone was left here; it is removed'];
  }
  const { log } = segment;
  return withWriting(log, (fd) => repairHead({ log: { ...log, fd }, names, tick: phases() }));
}

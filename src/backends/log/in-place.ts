import { closeSync, constants, openSync } from 'node:fs';
import { withWriting } from '../../files/durable.js';
import { fillerStart, removeHead, repairHead } from '../../files/head-removal.js';
import type { LogNames } from '../../files/names.js';
import type { OpenFile } from '../../files/read.js';
import type { Witness } from '../../files/witness.js';
import { attempt } from '../../files/system-error.js';
import { lineStartBefore } from './head.js';
import type { Phases } from './phases.js';
import type { OpenLog } from './open.js';
import type { PlannedHead } from './plan-head.js';

/** Brings a removal in place that was cut short to its end; `locks`: the descriptors that hold it. */
export async function repairInPlace(
  names: LogNames,
  locks: readonly number[],
  phases: Phases,
): Promise<string[]> {
  return withLog(names.log, (log) => repairHead({ log, names, locks, tick: phases() }));
}

export interface InPlace {
  log: OpenLog;
  /** With the name that the log has now. */
  names: LogNames;
  head: PlannedHead;
  witness: Witness;
}

/** Removes as much of the expired head as goes in whole blocks: of the very file that was surveyed. */
export async function removeInPlace(
  { log, names, head, witness }: InPlace,
  locks: readonly number[],
  phases: Phases,
): Promise<void> {
  const { keep, freed } = head;
  await withWriting(log, async (fd) => {
    const file = { fd, path: log.path };
    const start = lineStartBefore(file, fillerStart(freed));
    await removeHead({ log: file, names, locks, tick: phases(), witness }, keep, freed, start);
  });
}

async function withLog<T>(path: string, use: (log: OpenFile) => Promise<T>): Promise<T> {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW;
  const fd = attempt('open for writing', path, () => openSync(path, flags));
  try {
    return await use({ fd, path });
  } finally {
    closeSync(fd);
  }
}

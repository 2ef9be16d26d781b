// Removes the expired head of a log in place, and repairs a removal that was interrupted.
// The order of the steps and the crashes between them: src/files/head-removal.ts.
import { withWriting } from '../files/durable.js';
import { fillerStart, removeHead, repairHead } from '../files/head-removal.js';
import type { LogNames } from '../files/names.js';
import type { OpenFile } from '../files/read.js';
import type { TailSample } from '../files/tail-sample.js';
import { lineStartBefore } from './head.js';
import type { Phases } from './phases.js';
import type { OpenLog } from './open.js';
import type { PlannedHead } from './plan-head.js';

/** Returns what was done, in words. */
export async function repairInPlace(
  names: LogNames,
  log: OpenFile,
  phases: Phases,
): Promise<string[]> {
  return withWriting(log, (fd) =>
    repairHead({ log: { fd, path: log.path }, names, tick: phases() }),
  );
}

export interface InPlace {
  log: OpenLog;
  /** These hold the current name of the log. */
  names: LogNames;
  head: PlannedHead;
  tailSample: TailSample;
}

/** Removes the whole file system blocks of the expired head, from the very file that was scanned. */
export async function removeInPlace(
  { log, names, head, tailSample }: InPlace,
  phases: Phases,
): Promise<void> {
  const { keep, freed } = head;
  await withWriting(log, (fd) => {
    const file = { fd, path: log.path };
    const start = lineStartBefore(file, fillerStart(freed));
    removeHead({ log: file, names, tick: phases(), tailSample }, keep, freed, start);
  });
}

import { withWriting } from '../files/durable.js';
import { fillerStart, removeHead, repairHead } from '../files/head-removal.js';
import type { LogNames } from '../files/names.js';
import type { OpenFile } from '../files/read.js';
import type { TailSample } from '../files/tail-sample.js';
import { lineStartBefore } from './head.js';
import type { Phases } from './phases.js';
import type { OpenLog } from './open.js';
import type { PlannedHead } from './plan-head.js';

/** Brings a removal in place that was cut short to its end. */
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
  /** With the name that the log has now. */
  names: LogNames;
  head: PlannedHead;
  tailSample: TailSample;
}

/** Removes as much of the expired head as goes in whole blocks: of the very file that was scanned. */
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

import { closeSync, constants, openSync } from 'node:fs';
import { fillerStart, removeHead, repairHead } from '../../files/head-removal.js';
import type { LogNames } from '../../files/names.js';
import type { OpenFile } from '../../files/read.js';
import { attempt } from '../../files/system-error.js';
import { lineStartBefore } from '../log/head.js';
import type { Phases } from './phases.js';
import type { Decision } from './decision.js';

/** Brings a removal in place that was cut short to its end; `lock`: the descriptor that holds it. */
export async function repairInPlace(
  names: LogNames,
  lock: number,
  phases: Phases,
): Promise<string[]> {
  return withLog(names.log, (log) => repairHead({ log, names, lock, tick: phases() }));
}

/** Removes as much of the expired head as goes in whole blocks. */
export async function removeInPlace(
  { names, seen, head }: Decision,
  lock: number,
  phases: Phases,
): Promise<void> {
  const { keep, freed } = head!;
  await withLog(names.log, async (log) => {
    const start = await lineStartBefore(log, seen.blocks, fillerStart(freed), phases());
    await removeHead({ log, names, lock, tick: phases() }, keep, freed, start);
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

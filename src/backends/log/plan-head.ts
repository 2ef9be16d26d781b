import { readSync } from 'node:fs';
import { PapyraError } from '../../errors.js';
import { obstacleToCollapse, removable } from '../../files/collapse.js';
import { fillerBytes } from '../../files/filler.js';
import type { Tick } from '../../files/read.js';
import { otherLinks } from '../../files/surroundings.js';
import type { RetentionRules } from '../../retention/policy.js';
import type { Cut } from './cut.js';
import { findHead, type HeadOfLog } from './head.js';
import type { OpenLog } from './open.js';
import { headOutcome, type Outcome } from './outcome.js';
import type { Survey } from './survey.js';

/** The first filler is shorter than two blocks of the largest size. */
const FILLERS_MAX_BYTES = 1 << 18;

/** The head of a log, and how much of it goes in place. */
export type PlannedHead = HeadOfLog & { freed: number };

/** Only the expired head can go without a copy: decides how much of it. */
export async function planHead(
  { log, seen, cut, outcome }: { log: OpenLog; seen: Survey; cut: Cut; outcome: Outcome },
  rules: RetentionRules,
  tick: Tick,
): Promise<{ outcome: Outcome; head: PlannedHead }> {
  const obstacle = obstacleInPlace(log);
  if (obstacle) throw obstacle;
  const found = await findHead(log, seen.blocks, cut, rules, tick);
  const head = {
    ...found,
    freed: found.dropped + found.discarded === 0 ? 0 : removable(log.path, found.keep),
  };
  return { head, outcome: headOutcome(outcome, head, head.freed) };
}

/** Why nothing can be removed from a log in place; undefined: it can. */
export function obstacleInPlace({ path, stat }: OpenLog): PapyraError | undefined {
  const obstacle = obstacleToCollapse(path);
  if (obstacle || stat.nlink === 1) return obstacle;
  return new PapyraError(
    'io_error',
    `${otherLinks(path, stat)}: --in-place would change ${stat.nlink === 2 ? 'it' : 'them'}, too`,
    { hint: 'nothing was done; remove the other links, or compact without --in-place' },
  );
}

/** Fillers of an earlier removal in place, at the very start: nobody's records. */
export function fillersOf({ fd, stat }: OpenLog): number {
  const head = Buffer.alloc(Math.min(stat.size, FILLERS_MAX_BYTES));
  return fillerBytes(head.subarray(0, readSync(fd, head, 0, head.length, 0)));
}

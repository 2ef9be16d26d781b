import { readSync } from 'node:fs';
import { removable } from '../files/collapse.js';
import { fillerBytes, FILLER_START } from '../files/filler.js';
import type { LogNames } from '../files/names.js';
import { unitInPlace } from '../files/obstacles.js';
import type { Tick } from '../files/read.js';
import type { RetentionRules } from '../retention/policy.js';
import type { Cut } from './cut.js';
import { findHead, type LogHead } from './head.js';
import type { OpenLog } from './open.js';
import { headTotals, type Totals } from './totals.js';
import type { LogScan } from './scan.js';

/** What is left of fillers is shorter than two of the largest units that a file system gives space in, but for rare ones. */
const FILLERS_MAX_BYTES = 1 << 22;

/** The head of a log, and how much of it goes in place. */
export type PlannedHead = LogHead & { freed: number };

/** Only the expired head can go without a copy: decides how much of it. */
export async function planHead(
  { log, seen, cut, totals }: { log: OpenLog; seen: LogScan; cut: Cut; totals: Totals },
  names: LogNames,
  rules: RetentionRules,
  tick: Tick,
): Promise<{ totals: Totals; head: PlannedHead }> {
  const found = await findHead(log, seen.blocks, cut, rules, tick);
  const head = {
    ...found,
    // Where nothing goes, nothing has to be possible.
    freed:
      found.dropped + found.discarded === 0 ? 0 : removable(unitInPlace(log, names), found.keep),
  };
  return { head, totals: headTotals(totals, head, head.freed) };
}

/** Fillers of an earlier removal in place, at the very start: nobody's records. */
export function fillersOf({ fd, stat }: OpenLog): number {
  const start = Buffer.alloc(FILLER_START.length);
  readSync(fd, start, 0, start.length, 0);
  if (!start.equals(FILLER_START)) return 0;
  const head = Buffer.alloc(Math.min(stat.size, FILLERS_MAX_BYTES));
  return fillerBytes(head.subarray(0, readSync(fd, head, 0, head.length, 0)));
}

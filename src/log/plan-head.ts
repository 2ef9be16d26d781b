// Plans a removal in place, and finds the fillers that an earlier one left.
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

/** Fillers are nearly always shorter than two of the largest units in which a file system gives space. */
const FILLERS_MAX_BYTES = 1 << 22;

/** The head of a log, and how many bytes of it go in place. */
export type PlannedHead = LogHead & { freed: number };

export async function planHead(
  { log, seen, cut, totals }: { log: OpenLog; seen: LogScan; cut: Cut; totals: Totals },
  names: LogNames,
  rules: RetentionRules,
  tick: Tick,
): Promise<{ totals: Totals; head: PlannedHead }> {
  const found = await findHead(log, seen.blocks, cut, rules, tick);
  // When nothing goes, it does not matter that the place forbids it: unitInPlace() would throw.
  const anythingGoes = found.dropped + found.discarded > 0;
  const freed = anythingGoes ? removable(unitInPlace(log, names), found.keep) : 0;
  return { head: { ...found, freed }, totals: headTotals(totals, found, freed) };
}

/** Bytes of the fillers that an earlier removal in place left at the start of the log. */
export function fillersOf({ fd, stat }: OpenLog): number {
  const start = Buffer.alloc(FILLER_START.length);
  readSync(fd, start, 0, start.length, 0);
  if (!start.equals(FILLER_START)) return 0;
  const head = Buffer.alloc(Math.min(stat.size, FILLERS_MAX_BYTES));
  return fillerBytes(head.subarray(0, readSync(fd, head, 0, head.length, 0)));
}

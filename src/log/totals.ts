// Adds up what a plan removes and keeps, in lines and bytes.
import { NOTHING_DROPPED, type DroppedBy } from '../retention/policy.js';
import type { PartAction } from '../report/report.js';
import type { Cut } from './cut.js';
import type { LogHead } from './head.js';
import type { LogScan } from './scan.js';

/** Records dated further ahead than this cause a warning: a clock or a unit is wrong. */
export const FUTURE_SECONDS = 86_400;

export interface Totals {
  scanned: number;
  kept: number;
  dropped: number;
  droppedBy: DroppedBy;
  /** Unreadable lines that go, on request. */
  discarded: number;
  /** Expired records that stay for now. */
  expiredLeft: number;
  /** Bytes of complete lines. Blank lines go only when something else does. */
  bytesKept: number;
  bytesGoing: number;
  /** Anything but blank lines goes. */
  anythingGoes: boolean;
  action: 'rewritten' | 'collapsed' | 'unchanged';
}

export function totalsOf(scan: LogScan, cut: Cut): Totals {
  const sum = { lines: 0, bytes: 0, expired: 0, going: 0, blankBytes: 0, discarded: 0 };
  for (const { lines, bytes } of scan.blocks) {
    sum.lines += lines.live + lines.pinned + lines.expired + lines.discarded;
    sum.bytes += bytes.live + bytes.pinned + bytes.expired + bytes.discarded;
    sum.expired += lines.expired;
    sum.discarded += lines.discarded;
    sum.going += bytes.expired + bytes.discarded;
    sum.blankBytes += bytes.blank;
  }
  const scanned = sum.lines - scan.unreadable;
  const dropped = sum.expired + cut.records;
  const anythingGoes = dropped + sum.discarded > 0;
  const bytesGoing = sum.going + cut.bytes;
  return {
    scanned,
    kept: scanned - dropped,
    dropped,
    droppedBy: { age: sum.expired, ...cut.by, free: 0 },
    bytesKept: sum.bytes - bytesGoing + (anythingGoes ? 0 : sum.blankBytes),
    bytesGoing: anythingGoes ? bytesGoing + sum.blankBytes : 0,
    discarded: sum.discarded,
    expiredLeft: 0,
    anythingGoes,
    action: anythingGoes ? 'rewritten' : 'unchanged',
  };
}

/** The totals of a run that frees space: `going` bytes of the file go. */
export function freedTotals(scan: LogScan, action: PartAction, going: number): Totals {
  const none = { records: 0, bytes: 0, by: { count: 0, size: 0 } };
  const totals = totalsOf(scan, none);
  if (action === 'unchanged') return untouched(totals);
  return {
    ...totals,
    droppedBy: { ...NOTHING_DROPPED, free: totals.dropped },
    bytesGoing: going,
    anythingGoes: true,
    action: action === 'collapsed' ? 'collapsed' : 'rewritten',
  };
}

/** The totals of a removal in place: `freed` bytes go, and expired records after the head stay. */
export function headTotals(whole: Totals, head: LogHead, freed: number): Totals {
  const { scanned } = whole;
  const anythingGoes = freed > 0;
  const dropped = anythingGoes ? head.dropped : 0;
  return {
    ...whole,
    dropped,
    kept: scanned - dropped,
    droppedBy: anythingGoes ? head.droppedBy : NOTHING_DROPPED,
    discarded: anythingGoes ? head.discarded : 0,
    expiredLeft: whole.dropped - dropped,
    bytesGoing: freed,
    anythingGoes,
    action: anythingGoes ? 'collapsed' : 'unchanged',
  };
}

/** The totals of a part of which nothing goes in this run. */
export function untouched(totals: Totals): Totals {
  const { scanned, dropped, expiredLeft, bytesGoing, bytesKept } = totals;
  return {
    ...totals,
    kept: scanned,
    dropped: 0,
    droppedBy: NOTHING_DROPPED,
    discarded: 0,
    expiredLeft: expiredLeft + dropped,
    bytesKept: bytesKept + bytesGoing,
    bytesGoing: 0,
    anythingGoes: false,
    action: 'unchanged',
  };
}

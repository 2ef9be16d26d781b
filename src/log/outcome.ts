import type { Cut } from './cut.js';
import type { HeadOfLog } from './head.js';
import type { Survey } from './survey.js';

/** Records dated further ahead than this are worth a warning: a clock or a unit is wrong. */
export const FUTURE_SECONDS = 86_400;

/** What a plan comes to, in lines and bytes. */
export interface Outcome {
  scanned: number;
  kept: number;
  dropped: number;
  droppedBy: { age: number; count: number; size: number };
  /** Unreadable lines that go, on request. */
  discarded: number;
  /** Expired records that stay for now. */
  expiredLeft: number;
  /** Bytes of complete lines that stay, and that go (blank lines included when anything goes). */
  bytesKept: number;
  bytesGoing: number;
  /** Something goes that is worth a rewrite. */
  worthIt: boolean;
  action: 'rewritten' | 'collapsed' | 'unchanged';
}

/** Adds up what survey and cut say. */
export function outcomeOf(survey: Survey, cut: Cut): Outcome {
  const sum = {
    lines: 0,
    bytes: 0,
    expired: 0,
    going: 0,
    blankBytes: 0,
    discarded: 0,
  };
  for (const { lines, bytes } of survey.blocks) {
    sum.lines += lines.live + lines.pinned + lines.expired + lines.discarded;
    sum.bytes += bytes.live + bytes.pinned + bytes.expired + bytes.discarded;
    sum.expired += lines.expired;
    sum.discarded += lines.discarded;
    sum.going += bytes.expired + bytes.discarded;
    sum.blankBytes += bytes.blank;
  }
  const scanned = sum.lines - survey.unreadable;
  const dropped = sum.expired + cut.records;
  const worthIt = dropped + sum.discarded > 0;
  const bytesGoing = sum.going + cut.bytes;
  return {
    scanned,
    kept: scanned - dropped,
    dropped,
    droppedBy: { age: sum.expired, ...cut.by },
    bytesKept: sum.bytes - bytesGoing + (worthIt ? 0 : sum.blankBytes),
    bytesGoing: worthIt ? bytesGoing + sum.blankBytes : 0,
    discarded: sum.discarded,
    expiredLeft: 0,
    worthIt,
    action: worthIt ? 'rewritten' : 'unchanged',
  };
}

/** What a removal of the head in place comes to: `freed` bytes go, what expired behind it stays. */
export function headOutcome(whole: Outcome, head: HeadOfLog, freed: number): Outcome {
  const { scanned } = whole;
  const worthIt = freed > 0;
  const dropped = worthIt ? head.dropped : 0;
  return {
    ...whole,
    dropped,
    kept: scanned - dropped,
    droppedBy: worthIt ? head.droppedBy : { age: 0, count: 0, size: 0 },
    discarded: worthIt ? head.discarded : 0,
    expiredLeft: whole.dropped - dropped,
    bytesGoing: freed,
    worthIt,
    action: worthIt ? 'collapsed' : 'unchanged',
  };
}

/** What a part comes to of which nothing goes, for now. */
export function untouched(outcome: Outcome): Outcome {
  const { scanned, dropped, expiredLeft, bytesGoing, bytesKept } = outcome;
  return {
    ...outcome,
    kept: scanned,
    dropped: 0,
    droppedBy: { age: 0, count: 0, size: 0 },
    discarded: 0,
    expiredLeft: expiredLeft + dropped,
    bytesKept: bytesKept + bytesGoing,
    bytesGoing: 0,
    worthIt: false,
    action: 'unchanged',
  };
}

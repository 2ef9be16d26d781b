// Says which part of a store is its newest one: from that comes how fast it grows.
import { eachLine } from './each-line.js';
import type { OpenLog } from './open.js';
import { lineAtOrBehind } from './segments.js';
import { FUTURE_SECONDS } from './totals.js';

/** Growth is that of the newest so many seconds; of a store that covers less, of all of it. */
export const GROWTH_SECONDS = 7 * 86_400;
/** From less, nobody can say how much a day will bring. */
const LEAST_SECONDS = 3600;
/** So much is read at each end of a log to see from when to when it goes. */
const LOOK_BYTES = 1 << 18;

/** Seconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

/** The newest part of what lies between two times; null: it is too short. */
export function recentPart({ from, to }: Span): Span | null {
  const span = Math.min(GROWTH_SECONDS, to - from);
  return span >= LEAST_SECONDS ? { from: to - span, to } : null;
}

/**
 * From when to when a log goes, by the records at its start and at its end. What is dated more than a day ahead is the
 * fault of a clock, and left out.
 */
export async function spanOfLog(
  files: readonly { log: OpenLog; from: number; to: number }[],
  now: number,
): Promise<Span> {
  const span = { from: Infinity, to: -Infinity };
  const look = async (log: OpenLog, start: number, end: number): Promise<void> => {
    if (start >= end) return;
    await eachLine(log, { start, end }, () => undefined, (kind, _start, _end, timestamp) => {
      if (kind !== 'record' || timestamp > now + FUTURE_SECONDS) return;
      span.from = Math.min(span.from, timestamp);
      span.to = Math.max(span.to, timestamp);
    }); // prettier-ignore
  };
  // A file at an end may hold no record with a time, such as one that was just begun.
  for (const { log, from, to } of files) {
    await look(log, from, Math.min(to, from + LOOK_BYTES));
    if (Number.isFinite(span.from)) break;
  }
  const [seen, oldest] = [span.to, span.from];
  for (const { log, from, to } of files.toReversed()) {
    span.to = -Infinity;
    const start = to - LOOK_BYTES;
    await look(log, start <= from ? from : lineAtOrBehind(log, start, to), to);
    if (Number.isFinite(span.to)) break;
  }
  span.to = Math.max(span.to, seen);
  span.from = Math.min(span.from, oldest);
  return span;
}

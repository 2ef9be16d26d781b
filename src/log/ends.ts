// Reads the first and the last lines of a file, for doctor.
import { eachLine } from './each-line.js';
import { lineStartBefore } from './head.js';
import type { OpenLog } from './open.js';
import { fillersOf } from './plan-head.js';
import { lineAtOrBehind } from './segments.js';

export interface Ends {
  /** The whole file was read. */
  whole: boolean;
  lines: number;
  unreadable: number;
  /** Records without a timestamp. */
  undated: number;
  /** Where the first unreadable line begins; null: there is none. */
  firstUnreadable: number | null;
  /** Seconds since 1970; infinite: no dated record was seen. */
  oldest: number;
  newest: number;
  /** Bytes after the last newline. */
  unterminated: number;
}

const noTick = () => undefined;

/** Reads `budget` bytes at each end. `ended`: nobody appends any more, so the end of the file ends its last line. */
export async function readEnds(log: OpenLog, budget: number, ended: boolean): Promise<Ends> {
  const { size } = log.stat;
  const from = fillersOf(log);
  const lastLine = lineStartBefore(log, size);
  const end = ended ? size : lastLine;
  const ends: Ends = {
    whole: end - from <= 2 * budget,
    lines: 0,
    unreadable: 0,
    undated: 0,
    firstUnreadable: null,
    oldest: Infinity,
    newest: -Infinity,
    unterminated: ended ? 0 : size - lastLine,
  };
  const ranges = ends.whole
    ? [{ start: from, end }]
    : [
        { start: from, end: Math.max(from, lineStartBefore(log, from + budget)) },
        { start: lineAtOrBehind(log, end - budget, end), end },
      ];
  for (const range of ranges) {
    await eachLine(log, range, noTick, (kind, start, _end, timestamp) => {
      if (kind !== 'blank') ends.lines += 1;
      if (kind === 'unreadable') {
        ends.unreadable += 1;
        ends.firstUnreadable ??= start;
      }
      if (kind === 'undated') ends.undated += 1;
      if (kind !== 'record') return;
      ends.oldest = Math.min(ends.oldest, timestamp);
      ends.newest = Math.max(ends.newest, timestamp);
    });
  }
  return ends;
}

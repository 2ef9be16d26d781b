// Decides about every line of a log in memory: the retention rules in their simplest form.
import { cutBy, lineStatus, type LineKind, type RetentionRules, type Tally } from './policy.js';

export interface DatedLine {
  kind: LineKind;
  /** Seconds since 1970; only a `record` has one. */
  timestamp?: number;
  /** Bytes of the line with its newline. */
  bytes: number;
}

/** Why a line goes; `keep`: it stays; `blank`: it goes only when another line goes. */
export type LineDecision = 'keep' | 'blank' | 'age' | 'count' | 'size' | 'unreadable';

export function decide(lines: readonly DatedLine[], rules: RetentionRules): LineDecision[] {
  const standings = lines.map((line) => lineStatus(line.kind, line.timestamp ?? NaN, rules));
  const total: Tally = { records: 0, bytes: 0 };
  lines.forEach((line, index) => {
    if (standings[index] === 'live') add(total, line.bytes);
  });
  const older: Tally = { records: 0, bytes: 0 };
  return lines.map((line, index): LineDecision => {
    switch (standings[index]!) {
      case 'pinned':
        return 'keep';
      case 'blank':
        return 'blank';
      case 'expired':
        return 'age';
      case 'discarded':
        return 'unreadable';
      case 'live': {
        const limit = cutBy(older, total, rules);
        add(older, line.bytes);
        return limit ?? 'keep';
      }
    }
  });
}

function add(tally: Tally, bytes: number): void {
  tally.records += 1;
  tally.bytes += bytes;
}

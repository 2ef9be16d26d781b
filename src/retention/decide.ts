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
export type LineDecision = 'keep' | 'blank' | 'age' | 'count' | 'size' | 'free' | 'unreadable';

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

/**
 * The mildest cut that lets so many bytes go, whatever the limits: lines go from the old end, up to the first record that
 * is too young. Without `around`, the first line that stays ends it, too. null: it cannot be so many.
 */
export function decideFreeing(
  lines: readonly DatedLine[],
  rules: RetentionRules,
  { bytes, around }: { bytes: number; around: boolean },
): LineDecision[] | null {
  let going = 0;
  let isOver = false;
  const decisions = lines.map((line): LineDecision => {
    const status = lineStatus(line.kind, line.timestamp ?? NaN, rules);
    isOver ||= going >= bytes || status === 'live' || (status === 'pinned' && !around);
    if (isOver || status === 'pinned') return 'keep';
    going += line.bytes;
    if (status === 'blank') return 'blank';
    return status === 'discarded' ? 'unreadable' : 'free';
  });
  return going >= bytes ? decisions : null;
}

function add(tally: Tally, bytes: number): void {
  tally.records += 1;
  tally.bytes += bytes;
}

import { CATEGORIES, type Category } from '../records/kernel/kernel.js';
import { noSums, type Sums } from '../records/sums.js';
import { standing, type RetentionRules, type Standing } from '../retention/policy.js';

/** Lines that came one after the other, summed up by what becomes of them; some megabyte of them. */
export interface Block {
  start: number;
  end: number;
  lines: Record<Standing, number>;
  bytes: Record<Standing, number>;
  /** The same by what they are. */
  sums: Sums;
}

export type Standings = Record<Category, Standing>;

/** What becomes of a line of each category. */
export function standingsOf(rules: RetentionRules): Standings {
  return {
    live: 'live',
    expired: 'expired',
    undated: standing('undated', NaN, rules),
    unreadable: standing('unreadable', NaN, rules),
    blank: 'blank',
  };
}

export function blockOf(sums: Sums, standings: Standings): Block {
  const zero = () => ({ live: 0, pinned: 0, expired: 0, discarded: 0, blank: 0 });
  const block = { start: sums.start, end: sums.end, lines: zero(), bytes: zero(), sums };
  for (const category of CATEGORIES) {
    block.lines[standings[category]] += sums.lines[category];
    block.bytes[standings[category]] += sums.bytes[category];
  }
  return block;
}

/** Bytes that nobody has read, nor need to: they go whatever they are, like an unreadable line. */
export function unreadBlock(start: number, end: number, standings: Standings): Block {
  const sums = { ...noSums(start), end };
  sums.lines.unreadable = 1;
  sums.bytes.unreadable = end - start;
  return blockOf(sums, standings);
}

/** Bytes that count as nothing: fillers. */
export function blankBlock(end: number, standings: Standings): Block {
  const sums = noSums(0);
  sums.end = sums.bytes.blank = end;
  sums.lines.blank = 1;
  return blockOf(sums, standings);
}

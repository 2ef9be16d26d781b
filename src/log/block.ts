// Sums up consecutive lines of a log (a block) by what the retention rules do with them.
import { CATEGORIES, type Category } from '../records/kernel/kernel.js';
import { noSums, type Sums } from '../records/sums.js';
import { lineStatus, type RetentionRules, type LineStatus } from '../retention/policy.js';

/** Consecutive lines, about a megabyte of them. */
export interface Block {
  start: number;
  end: number;
  lines: Record<LineStatus, number>;
  bytes: Record<LineStatus, number>;
  /** The same lines, by category. */
  sums: Sums;
}

export type LineStatuses = Record<Category, LineStatus>;

/** The status of a line of each category. */
export function statusesOf(rules: RetentionRules): LineStatuses {
  return {
    live: 'live',
    expired: 'expired',
    undated: lineStatus('undated', NaN, rules),
    unreadable: lineStatus('unreadable', NaN, rules),
    blank: lineStatus('blank', NaN, rules),
  };
}

export function blockOf(sums: Sums, standings: LineStatuses): Block {
  const zero = () => ({ live: 0, pinned: 0, expired: 0, discarded: 0, blank: 0 });
  const block = { start: sums.start, end: sums.end, lines: zero(), bytes: zero(), sums };
  for (const category of CATEGORIES) {
    block.lines[standings[category]] += sums.lines[category];
    block.bytes[standings[category]] += sums.bytes[category];
  }
  return block;
}

/** Bytes that were not read because they go whatever they hold. They count as one unreadable line. */
export function unreadBlock(start: number, end: number, standings: LineStatuses): Block {
  const sums = { ...noSums(start), end };
  sums.lines.unreadable = 1;
  sums.bytes.unreadable = end - start;
  return blockOf(sums, standings);
}

/** Bytes that were not read, all of which stay. They count as one line. */
export function restBlock(start: number, end: number, hasRecord: boolean): Block {
  const category = hasRecord ? 'live' : 'unreadable';
  const sums = { ...noSums(start), end };
  sums.lines[category] = 1;
  sums.bytes[category] = end - start;
  const stay = { live: 'live', expired: 'live', undated: 'live', unreadable: 'pinned', blank: 'pinned' } as const; // prettier-ignore
  return blockOf(sums, stay);
}

/** The fillers at the start of a log. They count as one blank line. */
export function blankBlock(end: number, standings: LineStatuses): Block {
  const sums = noSums(0);
  sums.end = sums.bytes.blank = end;
  sums.lines.blank = 1;
  return blockOf(sums, standings);
}

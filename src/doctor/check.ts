// Defines the checks of doctor, and the constructors of their findings.
import type { Facts } from './facts.js';
import type { Finding } from './report.js';

/** Judges facts, without I/O. null: the check does not apply to this store. */
export type Check = (facts: Facts) => Finding | null;

export function pass(reason: string): Finding {
  return { status: 'pass', reason, next: null };
}

/** Something needs attention, but compaction works. */
export function warn(reason: string, next: string): Finding {
  return { status: 'warn', reason, next };
}

/** Compaction does not do its work, or soon will not. */
export function fail(reason: string, next: string): Finding {
  return { status: 'fail', reason, next };
}

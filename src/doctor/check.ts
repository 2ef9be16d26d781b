import type { Facts } from './facts.js';
import type { Finding } from './report.js';

/** Judges facts: pure. null: it does not apply to this store. */
export type Check = (facts: Facts) => Finding | null;

export function pass(reason: string): Finding {
  return { status: 'pass', reason, next: null };
}

/** Something to look at; compaction works all the same. */
export function warn(reason: string, next: string): Finding {
  return { status: 'warn', reason, next };
}

/** Compaction does not do, or soon will not do, what it is there for. */
export function fail(reason: string, next: string): Finding {
  return { status: 'fail', reason, next };
}

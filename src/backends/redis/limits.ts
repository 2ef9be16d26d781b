// Divides the entries that went among the limits that took them: age, count and size.
import { NOTHING_DROPPED, type DroppedBy } from '../../retention/policy.js';
import type { StreamPlan, Taken } from './plan-stream.js';

/** Entries that went, by the limit that took them. */
export type Dropped = DroppedBy;

/** Count acts before size: it takes what age has left beyond the newest `max_records`. */
export function byLimit({ age, tail }: Taken, { rules, state }: StreamPlan): Dropped {
  if (rules.free) return { ...NOTHING_DROPPED, free: age + tail };
  const { max_records, max_total_bytes } = rules;
  const beyond = max_records === null ? 0 : Math.max(0, state.length - age - max_records);
  const count = max_total_bytes === null ? tail : Math.min(tail, beyond);
  return { age, count, size: tail - count, free: 0 };
}

/** Divides what a cut for both has taken, by what was counted before. */
export function shared(taken: number, counted: Taken): Taken {
  const age = Math.min(taken, counted.age);
  return { age, tail: taken - age };
}

export function totalOf({ age, tail }: Taken): number {
  return age + tail;
}

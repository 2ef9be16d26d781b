// Tells by its size in which unit a number is a time.
import type { TimeUnit } from './form.js';

const BILLION = 1e9;

/** How many there are in a second. */
const UNITS: [TimeUnit, number][] = [
  ['milliseconds', 1e3],
  ['microseconds', 1e6],
  ['nanoseconds', 1e9],
];

/** The unit in which a number is a time between 2001 and 2286; undefined: it is seconds, or no time at all. */
export function unitOf(timestamp: number): TimeUnit | undefined {
  return UNITS.find(([, a]) => timestamp >= BILLION * a && timestamp < 10 * BILLION * a)?.[0];
}

/** Whether a number is a time in seconds between 2001 and 2286. */
export function isSeconds(timestamp: number): boolean {
  return timestamp >= BILLION && timestamp < 10 * BILLION;
}

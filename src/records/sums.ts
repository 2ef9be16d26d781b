// Defines the sums of consecutive lines: their numbers, bytes and times.
import { CATEGORIES, type Category } from './kernel/kernel.js';

export interface Sums {
  start: number;
  end: number;
  lines: Record<Category, number>;
  bytes: Record<Category, number>;
  /** Seconds since 1970 of the oldest and newest dated line, rounded down; NaN when there is none. */
  oldest: number;
  newest: number;
  /** Lines dated after the horizon. */
  future: number;
  /** Bytes of the longest line. */
  longest: number;
  /** A bit for each line: it is of a category that was to be marked. undefined: all lines are, or none, or nobody asked. */
  marks?: Uint8Array;
}

export function noSums(start: number): Sums {
  const zero = () =>
    Object.fromEntries(CATEGORIES.map((name) => [name, 0])) as Record<Category, number>;
  const { lines, bytes } = { lines: zero(), bytes: zero() };
  return { start, end: start, lines, bytes, oldest: NaN, newest: NaN, future: 0, longest: 0 };
}

/** The earlier of two times; NaN is none. */
export function earlier(one: number, other: number): number {
  return one <= other || Number.isNaN(other) ? one : other;
}

/** The later of two times; NaN is none. */
export function later(one: number, other: number): number {
  return one >= other || Number.isNaN(other) ? one : other;
}

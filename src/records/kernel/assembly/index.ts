// Tells what each line of a log is, sums the lines up by category, and gathers the bytes of those that are wanted. It
// is WebAssembly because a compaction spends its time here: in JavaScript a byte costs more than the disk takes for it.
import {
  BLANK,
  CARRY,
  CATEGORIES,
  DATA,
  DATA_BYTES,
  EXPIRED,
  LIVE,
  MARKS,
  SLOTS,
  TALLIES,
  UNDATED,
  UNREADABLE,
} from './layout';
import { learnConstants } from './constants';
import { nextLine, skipRecord, skipSpace, slots } from './line';
import { learnShape, matchShape, MAX_SIBLINGS, resetShapes } from './shapes';
import { dated, odd, stamp } from './scalars';

export { skipPlain } from './scalars';

export const data = DATA;
export const dataBytes = DATA_BYTES;
export const tallies = TALLIES;
export const block = CARRY;
export const marks = MARKS;

/** The cutoff lies in [cutoffBelow, cutoffAbove], the horizon in [horizonBelow, horizonAbove]. */
let cutoffBelow: i64 = 0;
let cutoffAbove: i64 = 0;
let horizonBelow: i64 = 0;
let horizonAbove: i64 = 0;

/** Whole seconds of the oldest and the newest dated line since `begin`. */
export let oldest: i64 = 0;
export let newest: i64 = 0;
/** Dated lines beyond the horizon since `begin`. */
export let future: i32 = 0;
/** Bytes of the longest line since `begin`. */
export let longest: i32 = 0;
/** What `gather` was told: the categories to gather, those whose first lines are reversed, and how many are left. */
let wanted: i32 = 0;
let counting: i32 = 0;
let skips: i32 = 0;
/** The categories to mark, and the number of lines since `begin`. */
let marked: i32 = 0;
let lines: i32 = 0;
/** Where the gathered bytes end, and the run of lines that is being gathered. */
let output: usize = 0;
let runStart: usize = 0;
let runEnd: usize = 0;

let shapesAreOn: bool = true;
let rest: i32 = 0;
/** Scans without shapes after one in which few lines matched. */
const REST: i32 = 32;
const MAX_LESSONS: i32 = 64;
/** Scans that begin with a search for constant values. */
const MAX_STUDIES: i32 = 16;
let studies: i32 = 0;

export function configure(cutoff: f64, horizon: f64): void {
  cutoffBelow = <i64>Math.floor(cutoff) - 1;
  cutoffAbove = <i64>Math.floor(cutoff) + 1;
  horizonBelow = <i64>Math.floor(horizon) - 1;
  horizonAbove = <i64>Math.floor(horizon) + 1;
  resetShapes();
  shapesAreOn = true;
  studies = 0;
}

/** Resets the sums. */
export function begin(): void {
  memory.fill(TALLIES, 0, <usize>CATEGORIES * 8);
  oldest = i64.MAX_VALUE;
  newest = i64.MIN_VALUE;
  future = 0;
  longest = 0;
  lines = 0;
}

/** From now on lines of these categories (one bit each) are marked. */
export function mark(mask: i32): void {
  marked = mask;
}

/**
 * Sets which lines to gather from now on: those of the categories `mask` (one bit each). For the first `skip` lines of
 * the categories `live` that choice is reversed. Without any category nothing is gathered.
 */
export function gather(mask: i32, live: i32, skip: i32): void {
  wanted = mask;
  counting = live;
  skips = skip;
}

/** Sets where the gathered bytes go: at or before the first line. */
export function gatherAt(address: usize): void {
  output = runStart = runEnd = address;
}

/** Copies the last run, and returns where the gathered bytes end. */
export function gathered(): usize {
  flush();
  return output;
}

/**
 * Gathers the marked lines of [from, to), at `from`. Returns the number of all lines; -1: the last one has no end.
 * Overwrites the byte at `to`.
 */
export function pick(from: usize, to: usize): i32 {
  store<u8>(to, 0x0a);
  gatherAt(from);
  let line = 0;
  let p = from;
  while (p < to) {
    const next = nextLine(p);
    if (isMarked(line)) keep(p, next);
    line += 1;
    p = next;
  }
  return p == to ? line : -1;
}

function isMarked(line: i32): bool {
  return ((load<u8>(MARKS + ((<usize>line) >> 3)) >> ((<u8>line) & 7)) & 1) == 1;
}

/**
 * Takes the whole lines of [from, to). Returns `to`, or the start of a line that only the exact scanner can decide: the
 * caller then passes the line to `account`, and goes on after it.
 */
export function scan(from: usize, to: usize): usize {
  let hits = 0;
  let misses = 0;
  let lessons = 0;
  let p = from;
  if (shapesAreOn && studies < MAX_STUDIES) {
    learnConstants(from, to);
    studies += 1;
  }
  while (p < to) {
    let next: usize = 0;
    if (shapesAreOn) next = matchShape(p);
    if (next != 0) hits += 1;
    else {
      misses += 1;
      const start = skipSpace(p);
      const first = load<u8>(start);
      if (first == 0x0a) {
        account(p, start + 1, BLANK);
        p = start + 1;
        continue;
      }
      if (first != 0x7b) {
        next = nextLine(p);
        account(p, next, UNREADABLE);
        p = next;
        continue;
      }
      const learning = shapesAreOn && lessons < MAX_LESSONS;
      next = skipRecord(start, learning);
      if (odd) break;
      if (next == 0) {
        next = nextLine(p);
        account(p, next, UNREADABLE);
        p = next;
        continue;
      }
      if (learning) {
        learnShape(SLOTS, slots, p, next, MAX_SIBLINGS);
        lessons += 1;
      }
    }
    let category = UNDATED;
    if (dated) {
      if (stamp >= cutoffBelow && stamp <= cutoffAbove) break;
      if (stamp >= horizonBelow && stamp <= horizonAbove) break;
      category = stamp < cutoffBelow ? EXPIRED : LIVE;
      see(stamp);
      if (stamp > horizonAbove) future += 1;
    }
    account(p, next, category);
    p = next;
  }
  adapt(hits, misses);
  return p;
}

/** Counts the line at [start, end), marks it, and gathers it where it is wanted. */
export function account(start: usize, end: usize, category: i32): void {
  const tally = TALLIES + ((<usize>category) << 3);
  store<u32>(tally, load<u32>(tally) + 1);
  store<u32>(tally, load<u32>(tally, 4) + <u32>(end - start), 4);
  longest = max(longest, <i32>(end - start));
  const at = MARKS + ((<usize>lines) >> 3);
  const before = (lines & 7) == 0 ? 0 : <i32>load<u8>(at);
  store<u8>(at, before | (((marked >> category) & 1) << (lines & 7)));
  lines += 1;
  if ((wanted | counting) == 0) return;
  let isWanted = ((wanted >> category) & 1) == 1;
  if (skips > 0 && ((counting >> category) & 1) == 1) {
    skips -= 1;
    isWanted = !isWanted;
  }
  if (isWanted) keep(start, end);
}

function keep(start: usize, end: usize): void {
  if (runEnd != start) {
    flush();
    runStart = start;
  }
  runEnd = end;
}

/** Takes the whole seconds of a dated line into account. */
export function see(seconds: i64): void {
  if (seconds < oldest) oldest = seconds;
  if (seconds > newest) newest = seconds;
}

function flush(): void {
  const length = runEnd - runStart;
  if (output != runStart) memory.copy(output, runStart, length);
  output += length;
  runStart = runEnd;
}

function adapt(hits: i32, misses: i32): void {
  if (shapesAreOn) {
    if (misses <= hits || misses <= 2 * MAX_LESSONS) return;
    shapesAreOn = false;
    rest = REST;
  } else {
    rest -= 1;
    if (rest > 0) return;
    resetShapes();
    shapesAreOn = true;
  }
}

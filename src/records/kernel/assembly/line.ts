// Checks one whole line of any shape, and notes where its scalar values are, from which its shape can be learned.
import { MAX_SLOTS, SLOTS } from './layout';
import {
  firstSpecial,
  forget,
  markOdd,
  readTimestamp,
  skipScalar,
  skipShortString,
  skipString,
  undate,
} from './scalars';

/** Open brackets are bits of a 64-bit word. The exact scanner decides lines that nest deeper. */
const MAX_DEPTH: i32 = 62;

export const SLOT_BYTES: usize = 12;
/** Flags of a slot: it is the timestamp; it has the same value in other lines (constants.ts). */
export const STAMP: u32 = 1;
export const CONSTANT: u32 = 4;

/** Number of scalar values in the last line; -1: too many, or its shape could not tell where its timestamp is. */
export let slots: i32 = 0;

/** `table`: SLOTS, or a copy of them. */
export function slotStart(table: usize, slot: i32): usize {
  return load<u32>(table + <usize>slot * SLOT_BYTES);
}

export function slotEnd(table: usize, slot: i32): usize {
  return load<u32>(table + <usize>slot * SLOT_BYTES, 4);
}

export function slotFlags(table: usize, slot: i32): u32 {
  return load<u32>(table + <usize>slot * SLOT_BYTES, 8);
}

export function setSlotFlags(table: usize, slot: i32, flags: u32): void {
  store<u32>(table + <usize>slot * SLOT_BYTES, flags, 8);
}

function addSlot(start: usize, end: usize, flags: u32): void {
  if (slots == MAX_SLOTS) {
    slots = -1;
    return;
  }
  const at = SLOTS + <usize>slots * SLOT_BYTES;
  store<u32>(at, <u32>start);
  store<u32>(at, <u32>end, 4);
  store<u32>(at, flags, 8);
  slots += 1;
}

export function skipSpace(p: usize): usize {
  while (true) {
    const c = load<u8>(p);
    if (c > 0x20 || (c != 0x20 && c != 0x09 && c != 0x0d)) return p;
    p += 1;
  }
}

/** Returns the address after the next newline. */
export function nextLine(p: usize): usize {
  while (true) {
    const newlines = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(0x0a)));
    if (newlines != 0) return p + ctz(newlines) + 1;
    p += 16;
  }
}

/**
 * `p`: the opening brace of a line. Returns the address after its newline; 0: it is not a record. With `learning` it
 * notes the slots.
 */
export function skipRecord(p: usize, learning: bool): usize {
  forget();
  slots = learning ? 0 : -1;
  let depth = 0;
  /** A bit for each open bracket, the innermost lowest: 1 for an object. */
  let open: u64 = 0;
  while (true) {
    let isStamp = false;
    if ((open & 1) == 1) {
      isStamp = isTimestampKey(p, depth);
      p = skipKey(p, depth);
      if (p == 0) return 0;
    }
    // Here a value begins.
    const c = load<u8>(p);
    if (c == 0x7b || c == 0x5b) {
      if (depth == MAX_DEPTH) {
        markOdd();
        return 0;
      }
      if (isStamp) {
        // A shape cannot express a timestamp that is not a number.
        undate();
        slots = -1;
      }
      depth += 1;
      const isObject = c == 0x7b;
      open = (open << 1) | (<u64>isObject);
      p = skipSpace(p + 1);
      if (load<u8>(p) != (isObject ? 0x7d : 0x5d)) continue;
    } else {
      const end = isStamp ? readTimestamp(p) : c == 0x22 ? skipShortString(p + 1) : skipScalar(p);
      if (end == 0) return 0;
      if (slots >= 0) addSlot(p, end, isStamp ? STAMP : 0);
      p = end;
    }
    // Here a value has ended; a closing bracket may follow.
    while (true) {
      p = skipSpace(p);
      const next = load<u8>(p);
      if (next == 0x2c) break;
      if (next != ((open & 1) == 1 ? 0x7d : 0x5d)) return 0;
      p += 1;
      open >>= 1;
      depth -= 1;
      if (depth > 0) continue;
      p = skipSpace(p);
      return load<u8>(p) == 0x0a ? p + 1 : 0;
    }
    p = skipSpace(p + 1);
  }
}

/** Returns the address after a key, its colon and the space that follows; 0: there is no key. */
function skipKey(p: usize, depth: i32): usize {
  if (load<u8>(p) != 0x22) return 0;
  const plain = firstSpecial(p + 1);
  const end = load<u8>(plain) == 0x22 ? plain + 1 : skipRestOfKey(plain, depth);
  if (end == 0) return 0;
  p = skipSpace(end);
  return load<u8>(p) == 0x3a ? skipSpace(p + 1) : 0;
}

function skipRestOfKey(p: usize, depth: i32): usize {
  const end = skipString(p);
  // "\u0074imestamp" is the same key.
  if (depth == 1 && hasEscape(p, end)) markOdd();
  return end;
}

function hasEscape(p: usize, end: usize): bool {
  for (; p < end; p++) if (load<u8>(p) == 0x5c) return true;
  return false;
}

/** `"timestamp"`, at the top level. */
function isTimestampKey(p: usize, depth: i32): bool {
  return (
    depth == 1 &&
    load<u64>(p, 1) == 0x6d617473656d6974 &&
    load<u16>(p, 9) == 0x2270 &&
    load<u8>(p) == 0x22
  );
}

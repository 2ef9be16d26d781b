// Learns values that are the same in line after line, such as the name of a system. They become part of the literal
// around them, and are compared with it. A line with another value can still match the shape without them.
import { SAMPLE, SLOTS } from './layout';
import {
  CONSTANT,
  nextLine,
  setSlotFlags,
  skipRecord,
  SLOT_BYTES,
  slotEnd,
  slotFlags,
  slots,
  slotStart,
  STAMP,
} from './line';
import { odd } from './scalars';
import { learnShape, MAX_SIBLINGS, same } from './shapes';

/** So many lines of one shape must agree, among so many candidates. */
const WITNESSES: i32 = 8;
const CANDIDATES: i32 = 64;
/** Longer values would fill the memory of the shapes. */
const MAX_BYTES: usize = 128;

/** Learns the shape of the first line of [from, to) with its constant values, if there are some. */
export function learnConstants(from: usize, to: usize): void {
  const end = recordAt(from);
  if (end == 0 || slots <= 0) return;
  const count = slots;
  memory.copy(SAMPLE, SLOTS, <usize>count * SLOT_BYTES);
  for (let slot = 0; slot < count; slot++) {
    const fits = slotEnd(SAMPLE, slot) - slotStart(SAMPLE, slot) <= MAX_BYTES;
    if (fits && slotFlags(SAMPLE, slot) != STAMP) setSlotFlags(SAMPLE, slot, CONSTANT);
  }
  let witnesses = 1;
  let p = end;
  for (let seen = 0; seen < CANDIDATES && witnesses < WITNESSES && p < to; seen++) {
    const next = recordAt(p);
    if (next != 0 && slots == count && isAlike(from, end, p, next)) {
      keepEqual();
      witnesses += 1;
    }
    p = next == 0 ? nextLine(p) : next;
  }
  if (witnesses < WITNESSES) return;
  // Half of the siblings are left to shapes without constants.
  learnShape(SAMPLE, count, from, end, MAX_SIBLINGS / 2);
}

function recordAt(p: usize): usize {
  if (load<u8>(p) != 0x7b) return 0;
  const end = skipRecord(p, true);
  return odd ? 0 : end;
}

/** Whether the line at `p`, which was checked last, differs from the sample only in its values. */
function isAlike(sample: usize, sampleEndsAt: usize, p: usize, end: usize): bool {
  for (let slot = 0; slot <= slots; slot++) {
    const last = slot == slots;
    const length = (last ? sampleEndsAt : slotStart(SAMPLE, slot)) - sample;
    if ((last ? end : slotStart(SLOTS, slot)) - p != length || !same(sample, p, length))
      return false;
    if (last) break;
    sample = slotEnd(SAMPLE, slot);
    p = slotEnd(SLOTS, slot);
  }
  return true;
}

function keepEqual(): void {
  for (let slot = 0; slot < slots; slot++) {
    if (slotFlags(SAMPLE, slot) != CONSTANT) continue;
    const length = slotEnd(SAMPLE, slot) - slotStart(SAMPLE, slot);
    const equal = slotEnd(SLOTS, slot) - slotStart(SLOTS, slot) == length;
    if (!equal || !same(slotStart(SAMPLE, slot), slotStart(SLOTS, slot), length))
      setSlotFlags(SAMPLE, slot, 0);
  }
}

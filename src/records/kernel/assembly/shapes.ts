// Remembers the shapes of lines, so that a line of a known shape is checked fast. A program writes the same keys again
// and again: a line is then scalar values, which are checked and skipped, and the literal bytes between them, which are
// compared. Shapes are a tree of literals: those that begin alike share nodes. A line that matches has the structure of
// a line that was checked, so it is a record.
import { MASKS, SHAPES, SHAPES_END } from './layout';
import { CONSTANT, slotEnd, slotFlags, slotStart, STAMP } from './line';
import { forget, odd, readTimestamp, skipScalar } from './scalars';

/** Fields of a node: next sibling, first child, length of the literal, flags, then the literal. */
const SIBLING: usize = 0;
const CHILD: usize = 4;
const LENGTH: usize = 8;
const FLAGS: usize = 12;
const LITERAL: usize = 16;

const END: u32 = 2;

/** Data with more siblings has no shapes worth knowing. */
export const MAX_SIBLINGS: i32 = 8;

/** The link to the first node is before all nodes. */
const ROOT: usize = SHAPES;
let free: usize = ROOT + 16;

export function resetShapes(): void {
  store<u32>(ROOT, 0);
  free = ROOT + 16;
  for (let n: usize = 0; n < 16; n++) {
    for (let i: usize = 0; i < 16; i++) store<u8>(MASKS + n * 16 + i, i < n ? 0xff : 0);
  }
}

/** Returns the address after the newline of the line at `p` when its shape is known; else 0. */
export function matchShape(p: usize): usize {
  forget();
  let node: usize = load<u32>(ROOT);
  while (node != 0) {
    const length: usize = load<u32>(node, LENGTH);
    if (!same(p, node + LITERAL, length)) {
      node = load<u32>(node, SIBLING);
      continue;
    }
    p += length;
    const flags = load<u32>(node, FLAGS);
    if ((flags & END) != 0) return p;
    p = (flags & STAMP) != 0 ? readTimestamp(p) : skipScalar(p);
    if (p == 0 || odd) return 0;
    node = load<u32>(node, CHILD);
  }
  return 0;
}

/**
 * Remembers the shape of a line with `count` scalar values, as far as no node has more than `siblings` siblings.
 * Constant values belong to the literal around them. A known literal that the line has is reused, even where it is
 * longer: it is tried first, and would hide ours.
 */
export function learnShape(
  table: usize,
  count: i32,
  start: usize,
  end: usize,
  siblings: i32,
): void {
  if (count < 0) return;
  let link = ROOT;
  for (let slot = 0; ; slot++) {
    const known = find(link, start);
    const knownEnd = known == 0 ? start : start + load<u32>(known, LENGTH);
    while (
      slot < count &&
      (slotStart(table, slot) < knownEnd || slotFlags(table, slot) == CONSTANT)
    )
      slot += 1;
    const last = slot == count;
    const literalEnd = last ? end : slotStart(table, slot);
    const flags = last ? END : slotFlags(table, slot);
    const node = literalEnd == knownEnd ? known : add(link, start, literalEnd, flags, siblings);
    if (node == 0 || last) return;
    link = node + CHILD;
    start = slotEnd(table, slot);
  }
}

/** Finds the node that a line which goes on with `text` will match; 0: none. */
function find(link: usize, text: usize): usize {
  let node: usize = load<u32>(link);
  while (node != 0 && !same(text, node + LITERAL, load<u32>(node, LENGTH))) {
    node = load<u32>(node, SIBLING);
  }
  return node;
}

function add(link: usize, text: usize, end: usize, flags: u32, siblings: i32): usize {
  const length = end - text;
  for (let node: usize = load<u32>(link); node != 0; node = load<u32>(node, SIBLING)) {
    siblings -= 1;
    // Longer literals come first: a shorter one would hide those that begin with it.
    if (<usize>load<u32>(node, LENGTH) > length) link = node + SIBLING;
  }
  const room = LITERAL + ((length + 15) & ~15);
  if (siblings <= 0 || free + room > SHAPES_END) return 0;
  const node = free;
  free += room;
  store<u32>(node, load<u32>(link), SIBLING);
  store<u32>(node, 0, CHILD);
  store<u32>(node, <u32>length, LENGTH);
  store<u32>(node, flags, FLAGS);
  memory.copy(node + LITERAL, text, length);
  store<u32>(link, <u32>node);
  return node;
}

/** Whether `length` bytes are the same. May read up to 16 bytes after them. */
export function same(a: usize, b: usize, length: usize): bool {
  while (length >= 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
    length -= 16;
  }
  const mask = v128.load(MASKS + length * 16);
  return !v128.any_true(v128.and(mask, v128.xor(v128.load(a), v128.load(b))));
}

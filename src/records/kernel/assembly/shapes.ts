/**
 * The shapes of lines seen before. A program writes the same keys again and again: a line is then its
 * literal bytes between scalar values, which are compared, and the values, which are skipped. Shapes
 * that begin alike share that beginning: a tree, each node a literal and what follows it. A line that
 * matches has the structure of one that was checked, and its values are checked: it is a record.
 */
import { MASKS, SHAPES, SHAPES_END } from './layout';
import { CONSTANT, slotEnd, slotFlags, slotStart, STAMP } from './line';
import { forget, odd, readTimestamp, skipScalar } from './scalars';

/** A node: the next one in its place, the first one behind it, length and flags, then the literal. */
const SIBLING: usize = 0;
const CHILD: usize = 4;
const LENGTH: usize = 8;
const FLAGS: usize = 12;
const LITERAL: usize = 16;

const END: u32 = 2;

/** More ways to go on than this: the data has no shapes worth knowing. */
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

/** Behind the newline of the line at `p`, when its shape is known; else 0. */
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
 * Constant values belong to the literal around them. So does all that a known literal has: it is tried
 * first, being longer, and would hide ours.
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

/** The node that a line which goes on with `text` is taken for; 0: none. */
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
    // Longer ones come first: one that another begins with would hide it.
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

/** Whether so many bytes are the same. May look at some behind them. */
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

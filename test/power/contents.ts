// Lists what a power loss may leave of one file's bytes: of each block of 4096 bytes any state since the last sync, and
// of the size any that it had or that the kernel may have written down on the way.
import type { Random } from '../support/random.js';
import { digestOf } from './image.js';
import { changed, type DataOperation } from './operations.js';

export const BLOCK = 4096;

/** Of a file of more bytes fewer contents are listed: each takes as much memory. */
const LARGE = 1 << 20;

export interface Content {
  bytes: Buffer;
  /** How many blocks and sizes are not what they were when the power went. */
  lost: number;
  /** For messages; empty: nothing was lost. */
  text: string;
  /** A removal of a range was cut short: what lay over the hole is torn. */
  isCutShort?: true;
}

export interface Contents {
  all: Content[];
  /** No state is missing. */
  isExhaustive: boolean;
}

interface Unit {
  write: Extract<DataOperation, { do: 'write' }>;
  from: number;
  to: number;
}

/**
 * `base`: the bytes that are on the disk for sure. `operations`: what came after, without truncations and removals of a
 * range that are lost. At most about `budget` contents are listed.
 */
export function contentsAfter(
  base: Buffer,
  operations: readonly DataOperation[],
  budget: number,
  random: Random,
): Contents {
  const { groups, order } = unitsOf(operations);
  const full = replay(base, operations, order, groups, groups.map((units) => units.length)); // prettier-ignore
  const least = replay(base, operations, order, groups, groups.map(() => 0)).length; // prettier-ignore
  const sizes = sizesOf(Math.min(least, full.length), full.length, operations);
  const combinations = groups.reduce(
    (product, units) => product * (units.length + 1),
    sizes.length,
  );
  const isLarge = full.length > LARGE;
  const room = isLarge ? Math.max(4, Math.floor(budget / 8)) : budget;
  const isExhaustive = combinations <= room;
  const most = isLarge ? 3 : 8;
  const choices = isExhaustive
    ? everyChoice(groups.map((units) => units.length))
    : someChoices(groups.map((units) => units.length), room / Math.min(sizes.length, most), random); // prettier-ignore
  const found = new Map<string, Content>();
  const add = (bytes: Buffer, lost: number, text: string, isCutShort = false): void => {
    const digest = digestOf(bytes);
    const known = found.get(digest);
    if (known && known.lost <= lost) return;
    found.set(digest, { bytes: known?.bytes ?? bytes, lost, text, ...(isCutShort ? { isCutShort } : {}) });
  }; // prettier-ignore
  for (const choice of choices) {
    if (isLarge && found.size >= room) break;
    const bytes = replay(base, operations, order, groups, choice);
    const missing = groups.flatMap((units, at) => units.slice(choice[at]).map((unit) => unit.from));
    const some = isExhaustive || sizes.length <= most ? sizes : [sizes[0]!, full.length, ...Array.from({ length: most - 2 }, () => random.pick(sizes))]; // prettier-ignore
    for (const size of new Set(some)) {
      const cut = Buffer.alloc(size);
      bytes.copy(cut);
      const blocks = missing.filter((from) => from < size);
      const isShort = size !== full.length;
      const words = [
        ...(blocks.length > 0 ? [`without the bytes at ${blocks.join(', ')}`] : []),
        ...(isShort ? [`${size} of ${full.length} bytes long`] : []),
      ];
      add(cut, blocks.length + (isShort ? 1 : 0), words.join(', '));
    }
  }
  const places = isLarge ? room : Infinity;
  for (const { bytes, text } of cutShort(base, operations, places)) add(bytes, 1, text, true);
  const isWhole = isExhaustive && (!isLarge || operations.at(-1)?.do !== 'collapse');
  return { all: [...found.values()].sort((a, b) => a.lost - b.lost), isExhaustive: isWhole };
}

/** The writes in pieces of one block each. Pieces on the same block come to the disk together: a later one not alone. */
function unitsOf(operations: readonly DataOperation[]) {
  const byPage = new Map<string, Unit[]>();
  const order = new Map<DataOperation, Unit[]>();
  operations.forEach((operation, index) => {
    if (operation.do !== 'write') return;
    const { at, bytes } = operation;
    // After a removal of a range the same offset is another block.
    const moved = operations.slice(0, index).filter((one) => one.do !== 'write').length;
    for (let page = Math.floor(at / BLOCK); page * BLOCK < at + bytes.length; page++) {
      const unit = { write: operation, from: Math.max(at, page * BLOCK), to: Math.min(at + bytes.length, (page + 1) * BLOCK) }; // prettier-ignore
      const key = `${moved}:${page}`;
      byPage.set(key, [...(byPage.get(key) ?? []), unit]);
      order.set(operation, [...(order.get(operation) ?? []), unit]);
    }
  });
  return { groups: [...byPage.values()], order };
}

/** Of each group so many of the first pieces. */
function replay(
  base: Buffer,
  operations: readonly DataOperation[],
  order: ReadonlyMap<DataOperation, Unit[]>,
  groups: readonly Unit[][],
  choice: readonly number[],
): Buffer {
  const there = new Set(groups.flatMap((units, at) => units.slice(0, choice[at])));
  let content = base;
  for (const operation of operations) {
    if (operation.do !== 'write') {
      content = changed(content, operation);
      continue;
    }
    const units = order.get(operation)!.filter((unit) => there.has(unit));
    const next = Buffer.alloc(Math.max(content.length, units.at(-1)?.to ?? 0));
    content.copy(next);
    for (const { from, to } of units)
      operation.bytes.copy(next, from, from - operation.at, to - operation.at);
    content = next;
  }
  return content;
}

/** The kernel may write down a size at the end of each write, and of each block that it has written. */
function sizesOf(least: number, most: number, operations: readonly DataOperation[]): number[] {
  const sizes = new Set([least, most]);
  for (let at = Math.ceil(least / BLOCK) * BLOCK; at < most; at += BLOCK) sizes.add(at);
  for (const one of operations) {
    if (one.do === 'write' && one.at + one.bytes.length < most) sizes.add(Math.max(least, one.at + one.bytes.length)); // prettier-ignore
  }
  return [...sizes].sort((a, b) => a - b);
}

function* everyChoice(lengths: readonly number[]): Generator<number[]> {
  const choice = lengths.map(() => 0);
  for (;;) {
    yield [...choice];
    let at = 0;
    while (at < lengths.length && choice[at] === lengths[at]) choice[at++] = 0;
    if (at === lengths.length) return;
    choice[at]! += 1;
  }
}

/** All, nothing, each block alone and each block but it, the first and the last ones, and random ones. */
function* someChoices(lengths: readonly number[], budget: number, random: Random): Generator<number[]> {
  const none = lengths.map(() => 0);
  const step = Math.max(1, Math.ceil((4 * lengths.length) / budget));
  yield [...lengths];
  yield none;
  for (let at = random.below(step); at < lengths.length; at += step) {
    yield lengths.map((length, other) => (other === at ? 0 : length));
    yield lengths.map((length, other) => (other === at ? length : 0));
    yield lengths.map((length, other) => (other < at ? length : 0));
    yield lengths.map((length, other) => (other > at ? length : 0));
  }
  for (let rounds = 0; rounds < budget / 4; rounds++) {
    const share = random.next();
    yield lengths.map((length) => (random.chance(share) ? length : random.below(length + 1)));
  }
} // prettier-ignore

/**
 * On a file in many pieces a removal of a range is not done at once: what is behind it moves up extent by extent. A power
 * loss leaves the moved bytes, then a hole as long as the range, then the rest. At most about so many places are tried.
 */
function* cutShort(base: Buffer, operations: readonly DataOperation[], places: number) {
  const last = operations.at(-1);
  if (last?.do !== 'collapse') return;
  const before = operations.slice(0, -1).reduce(changed, base);
  const { at, length } = last;
  const step = BLOCK * Math.ceil((before.length - at - length) / BLOCK / places || 1);
  for (let moved = 0; at + length + moved <= before.length; moved += step) {
    const bytes = Buffer.concat([
      before.subarray(0, at),
      before.subarray(at + length, at + length + moved),
      Buffer.alloc(length),
      before.subarray(at + length + moved),
    ]);
    yield { bytes, text: `a removal of ${length} bytes cut short after ${moved} bytes had moved` };
  }
}

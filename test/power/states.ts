// Lists the trees that a power loss may leave after the first so many operations of a run.
//
// Two modes. `journal`: changes of names, modes and lengths come to the disk in their order, as ext4, XFS and btrfs
// promise; a sync brings what it needs, and all before that. `any order`: each of them is there or not, but what a sync
// has brought. In both, bytes that were not synced are there or not, block by block (contents.ts). A sync of a file
// brings its bytes, its length and the name under which it was made; one of a directory the names in it.
import type { Random } from '../support/random.js';
import { contentsAfter, type Contents } from './contents.js';
import { namesOf, type Image, type Inode, type Named, type Node } from './image.js';
import { applyName, changed, changesData, changesNames, isMetadata, nodeOf, type DataOperation, type Operation, type Recorded } from './operations.js'; // prettier-ignore

export type Mode = 'journal' | 'any order';

export interface State {
  names: Named[];
  /** How much of what was asked for is not there. */
  lost: number;
  /** What that is, for messages. */
  text: string[];
  isCutShort: boolean;
  /** Tells a state from another with equal trees. */
  variant?: string;
}

export interface Budget {
  /** Contents of one file. */
  contents: number;
  /** Trees after one operation. */
  states: number;
}

export interface Possible {
  states: State[];
  isExhaustive: boolean;
}

/** Who signed a lock last: nothing but a message depends on it. Its states are tried one at a time. */
const isMinor = (path: string): boolean => path.endsWith('.lock');

export class PowerLoss {
  readonly #start: Image;
  readonly #operations: readonly Recorded[];
  readonly #mode: Mode;
  readonly #budget: Budget;
  readonly #random: Random;
  readonly #contents = new Map<string, Contents>();

  constructor(
    start: Image,
    operations: readonly Recorded[],
    mode: Mode,
    budget: Budget,
    random: Random,
  ) {
    this.#start = start;
    this.#operations = operations;
    this.#mode = mode;
    this.#budget = budget;
    this.#random = random;
  }

  /** The power goes when so many operations are done. Those that lost least come first. */
  after(count: number): Possible {
    const done = this.#operations.slice(0, count);
    const metadata = done.filter(isMetadata);
    const safe = this.#safe(done);
    const states: State[] = [];
    let isExhaustive = true;
    const choices = this.#mode === 'journal' ? inOrder(metadata, safe) : this.#inAnyOrder(metadata, safe); // prettier-ignore
    const room = Math.max(8, Math.floor(this.#budget.states / choices.all.length));
    isExhaustive &&= choices.isExhaustive;
    for (const there of choices.all) {
      const possible = this.#trees(done, there, metadata, room);
      states.push(...possible.states);
      isExhaustive &&= possible.isExhaustive;
    }
    return { states: states.sort((a, b) => a.lost - b.lost), isExhaustive };
  }

  /** What syncs have brought to the disk, of the changes that are not bytes. */
  #safe(done: readonly Recorded[]): Set<Recorded> {
    const safe = new Set<Recorded>();
    done.forEach((sync, at) => {
      if (sync.do !== 'sync') return;
      const brought = done.slice(0, at).filter((one) => brings(sync, one));
      for (const one of brought) safe.add(one);
      if (this.#mode === 'any order') return;
      const last = done.lastIndexOf(brought.at(-1)!);
      for (const one of done.slice(0, last + 1)) if (isMetadata(one)) safe.add(one);
    });
    return safe;
  }

  #inAnyOrder(metadata: readonly Recorded[], safe: ReadonlySet<Recorded>) {
    const open = metadata.filter((one) => !safe.has(one));
    const isExhaustive = open.length <= 7;
    const masks = isExhaustive
      ? Array.from({ length: 1 << open.length }, (_, mask) => open.map((_, bit) => (mask >> bit) & 1)) // prettier-ignore
      : [...open.map((_, at) => open.map((_, other) => (other === at ? 0 : 1))), ...open.map((_, at) => open.map((_, other) => (other < at ? 1 : 0))), open.map(() => 1), ...Array.from({ length: 64 }, () => open.map(() => this.#random.below(2)))]; // prettier-ignore
    const all = masks.map((mask) => {
      const there = new Set(open.filter((_, bit) => mask[bit] === 1));
      return new Set(metadata.filter((one) => safe.has(one) || there.has(one)));
    });
    return { all, isExhaustive };
  }

  /** The trees in which these changes are there, with what the files in them may hold. */
  #trees(
    done: readonly Recorded[],
    there: ReadonlySet<Operation>,
    metadata: readonly Recorded[],
    room: number,
  ): Possible {
    const nodes = new Map<Inode, Node>([...this.#start.nodes].map(([inode, node]) => [inode, { ...node }])); // prettier-ignore
    const entries = new Map([...this.#start.entries].map(([inode, names]) => [inode, new Map(names)])); // prettier-ignore
    for (const operation of done) {
      const made = nodeOf(operation);
      // A name may be there although its making was lost with another one.
      if (made) nodes.set(made.inode, { ...made.node });
      if (!there.has(operation)) continue;
      if (changesNames(operation)) applyName(entries, operation);
      if (operation.do === 'chmod') nodes.get(operation.inode)!.mode = operation.mode;
    }
    const names = namesOf({ root: this.#start.root, nodes, entries });
    const files = new Map(names.filter(({ node }) => node.kind === 'file').map((one) => [one.inode, one.path])); // prettier-ignore
    const choices = [...files].map(([inode, path]) => ({ inode, path, ...this.#contentsOf(inode, done, there) })); // prettier-ignore
    const lost = metadata.filter((one) => !there.has(one)).map(({ text }) => text);
    const combinations = productOf(choices, room, this.#random);
    const states = combinations.all.map((chosen): State => {
      const texts = [...lost];
      let count = lost.length;
      let isCutShort = false;
      const contents = new Map<Inode, Buffer>();
      choices.forEach(({ inode, path, all }, at) => {
        const content = all[chosen[at]!]!;
        contents.set(inode, content.bytes);
        count += content.lost;
        if (content.text !== '') texts.push(`${path} ${content.text}`);
        isCutShort ||= content.isCutShort === true;
      });
      const whole = names.map((one) => {
        const content = contents.get(one.inode);
        return content ? { ...one, node: { ...one.node, content } } : one;
      });
      return { names: whole, lost: count, text: texts, isCutShort };
    });
    const isExhaustive = combinations.isExhaustive && choices.every((one) => one.isExhaustive);
    return { states, isExhaustive };
  }

  #contentsOf(inode: Inode, done: readonly Recorded[], there: ReadonlySet<Operation>): Contents {
    const own = done.filter((one) => 'inode' in one && one.inode === inode);
    const synced = own.findLastIndex((one) => one.do === 'sync');
    const changes = own.filter((one): one is DataOperation & Recorded => changesData(one));
    const isDurable = (one: DataOperation & Recorded) => own.indexOf(one) < synced;
    const later = withLostCollapses(
      changes.filter((one) => !isDurable(one)),
      there,
    );
    const key = `${inode}:${changes.filter(isDurable).length}:${changes.filter((one) => !isDurable(one)).map((one) => `${this.#operations.indexOf(one)}${there.has(one) ? '' : '-'}`).join()}`; // prettier-ignore
    const known = this.#contents.get(key);
    if (known) return known;
    const base = changes.filter(isDurable).reduce<Buffer>(changed, this.#start.nodes.get(inode)?.content ?? Buffer.alloc(0)); // prettier-ignore
    const contents = contentsAfter(base, later, this.#budget.contents, this.#random);
    this.#contents.set(key, contents);
    return contents;
  }
}

/** What was written after a removal of a range that is lost is where its blocks were before. */
function withLostCollapses(
  changes: readonly DataOperation[],
  there: ReadonlySet<Operation>,
): DataOperation[] {
  const lost: { at: number; length: number }[] = [];
  return changes.flatMap((one): DataOperation[] => {
    if (one.do === 'write') {
      const at = lost.reduceRight((place, hole) => (place >= hole.at ? place + hole.length : place), one.at); // prettier-ignore
      return [at === one.at ? one : { ...one, at }];
    }
    if (there.has(one)) return [one];
    if (one.do === 'collapse') lost.push(one);
    return [];
  });
}

/** What a sync needs of a change that is not bytes. */
function brings(sync: Extract<Operation, { do: 'sync' }>, one: Operation): boolean {
  if (one.do === 'rename') return one.dir === sync.inode || one.from.dir === sync.inode;
  if (changesNames(one)) {
    const isOwn = one.inode === sync.inode && (one.do === 'create' || one.do === 'mkdir');
    return one.dir === sync.inode || isOwn;
  }
  if (one.do === 'chmod') return one.inode === sync.inode && !sync.data;
  return (one.do === 'truncate' || one.do === 'collapse') && one.inode === sync.inode;
}

function inOrder(metadata: readonly Recorded[], safe: ReadonlySet<Recorded>) {
  const floor = metadata.findLastIndex((one) => safe.has(one)) + 1;
  const all = Array.from({ length: metadata.length - floor + 1 }, (_, more) => new Set(metadata.slice(0, floor + more))); // prettier-ignore
  return { all, isExhaustive: true };
}

/** Which content each file gets. Locks come one at a time, while all else is as it was when the power went. */
function productOf(
  choices: readonly { path: string; all: readonly unknown[] }[],
  room: number,
  random: Random,
): { all: number[][]; isExhaustive: boolean } {
  const lengths = choices.map(({ path, all }) => (isMinor(path) ? 1 : all.length));
  const count = lengths.reduce((product, length) => product * length, 1);
  const all: number[][] = [];
  const first = choices.map(() => 0);
  const isExhaustive = count <= room;
  if (isExhaustive) {
    for (let number = 0; number < count; number++) {
      let rest = number;
      all.push(lengths.map((length) => {
        const digit = rest % length;
        rest = Math.floor(rest / length);
        return digit;
      })); // prettier-ignore
    }
  } else {
    all.push(first);
    const step = lengths.reduce((sum, length) => sum + length, 0) / (room / 2);
    lengths.forEach((length, at) => {
      for (let digit = 1; digit < length; digit++) {
        if (step <= 1 || random.chance(1 / step)) all.push(first.map((_, other) => (other === at ? digit : 0))); // prettier-ignore
      }
    });
    while (all.length < room) all.push(lengths.map((length) => random.below(length)));
  }
  choices.forEach(({ path, all: contents }, at) => {
    if (!isMinor(path)) return;
    for (let digit = 1; digit < contents.length; digit++) all.push(first.map((_, other) => (other === at ? digit : 0))); // prettier-ignore
  });
  return { all, isExhaustive };
}

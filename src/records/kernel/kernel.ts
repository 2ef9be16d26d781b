// Defines what a kernel is: code that sums up and gathers the lines in its memory.
/** Categories of lines, in the order of the kernel's memory (assembly/layout.ts). */
export const CATEGORIES = ['live', 'expired', 'undated', 'unreadable', 'blank'] as const;

export type Category = (typeof CATEGORIES)[number];

interface Value<T> {
  readonly value: T;
}

/** assembly/index.ts describes the functions. */
export interface Kernel extends Partial<Marking> {
  /** The whole of its memory, from address 0 on. */
  bytes: Buffer;
  words: Uint32Array;
  /** Address and length of the window; as many bytes below it are free for a line that was cut in two. */
  data: Value<number>;
  dataBytes: Value<number>;
  tallies: Value<number>;
  oldest: Value<bigint>;
  newest: Value<bigint>;
  future: Value<number>;
  longest: Value<number>;
  configure(cutoff: number, horizon: number): void;
  begin(): void;
  gather(mask: number, counting: number, skip: number): void;
  gatherAt(address: number): void;
  gathered(): number;
  scan(from: number, to: number): number;
  skipPlain(from: number, to: number): number;
  account(start: number, end: number, category: number): void;
  see(seconds: bigint): void;
  /** Why it leaves all lines to the exact scanner; undefined: it does not. */
  exactBecause?: string;
}

/** What a kernel also does, if it is not to leave all lines to the exact scanner. */
export interface Marking {
  /** Address of the marks: a bit for each line. */
  marks: Value<number>;
  /** Address of a block to pick from. It may be as long as two windows. */
  block: Value<number>;
  mark(mask: number): void;
  pick(from: number, to: number): number;
}

/** The set of categories as the kernel takes it: one bit each. */
export function maskOf(categories: readonly Category[]): number {
  return categories.reduce((mask, category) => mask | (1 << CATEGORIES.indexOf(category)), 0);
}

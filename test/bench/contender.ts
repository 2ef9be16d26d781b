// What the benchmarks measure: a case is opened into a trial, whose contenders run in turn.

/** Cases that are chosen, and shown, together. */
export const GROUPS = ['log', 'read', 'large', 'disks', 'redis'] as const;
export type Group = (typeof GROUPS)[number];

/** What one run took. Those after `seconds` are of some groups only; times are milliseconds. */
export interface Figures {
  seconds: number;
  peak_mib?: number;
  freed_mb?: number;
  process?: number;
  p50?: number;
  p99?: number;
  slowest?: number;
  ping?: number;
}

/** At most so many times what the first contender takes, or so many seconds more. */
export type Bound = { ratio: number } | { more: number };

export interface Contender {
  name: string;
  /** Of papyra the memory over Node's own is asked, too. */
  isPapyra: boolean;
  bound?: Bound;
  /** Makes the start that every contender has, not counted. */
  prepare(): void | Promise<void>;
  run(): Figures | Promise<Figures>;
  /** Throws where what it left is not right: asked in the round that warms up. */
  check?(): void | Promise<void>;
}

export interface Trial {
  /** The first one is what the others are held against. */
  contenders: Contender[];
  /** Those whose program is not here. */
  missing: string[];
  /** What it works on, in words. */
  subject: string;
  close(): void | Promise<void>;
}

export interface Case {
  name: string;
  group: Group;
  /** Whether one of its contenders has a bound. */
  hasBound: boolean;
  /** How many bytes of the disk it takes at most. */
  room(bench: Bench): number;
  /** Why it cannot run here. */
  refusal?(): string | undefined;
  /** At most so many rounds, and so many attempts after the first: of cases that take minutes. */
  rounds?: number;
  again?: number;
  open(bench: Bench): Trial | Promise<Trial>;
}

/** What all cases of one run share. */
export interface Bench {
  /** For files: on the disk that is measured. */
  directory: string;
  records: number;
  seed: number;
  /** Whether the log is put out of the page cache before each run. */
  cold: boolean;
  ownCore: boolean;
}

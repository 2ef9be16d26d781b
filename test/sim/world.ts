// What happens in one world: drawn from a seed alone, so that the same seed gives the same decisions again.
import { Random } from '../support/random.js';

export type Place = 'plain' | 'tmpfs' | 'ext4' | 'ext4-1k' | 'xfs' | 'btrfs';
export type Backend = 'json' | 'rotating' | 'redis';

export interface WriterPlan {
  id: string;
  pauseUs: number;
  /** Each so manyth of its records has expired long ago; 0: none. */
  expiredEvery: number;
  /** fsync after so many records; 0: never. */
  syncEvery: number;
  /** Keeps one descriptor. */
  held: boolean;
  /** Its records are so many seconds old. */
  age: number;
}

/** What becomes of a run. `at`: when, as a share of the time that a run takes in this world. */
export type Fate =
  | { kind: 'ends' }
  | { kind: 'killed'; at: number }
  | { kind: 'signalled'; at: number; signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP' }
  | { kind: 'stopped'; at: number; ms: number };

export interface RunPlan {
  command: 'compact' | 'dry-run' | 'free' | 'watch' | 'scan' | 'recover' | 'doctor' | 'inspect';
  flags: string[];
  /** Days by which its clock is ahead. */
  clockDays: number;
  fate: Fate;
  /** The next step does not wait for it. */
  aside: boolean;
}

export type Step =
  | { kind: 'wait'; ms: number }
  | ({ kind: 'run' } & RunPlan)
  | { kind: 'writer starts'; writer: WriterPlan }
  | { kind: 'writer killed'; which: number }
  | { kind: 'writer stopped'; which: number; ms: number }
  /** Another process fills the disk until so many bytes are free. */
  | { kind: 'disk fills'; leave: number }
  | { kind: 'disk has room again' }
  /** `frozen`: everybody else stands still meanwhile, so that it is known to the byte what was removed. */
  | { kind: 'truncate'; frozen: boolean }
  | { kind: 'copytruncate'; frozen: boolean }
  | { kind: 'move' }
  | { kind: 'reader' }
  | { kind: 'server restarts' };

export interface Policy {
  maxAgeDays?: number;
  maxRecords?: number;
  maxTotalBytes?: number;
}

export interface World {
  seed: number;
  backend: Backend;
  place: Place;
  policy: Policy;
  inPlace: boolean;
  /** Nothing but papyra writes to the log, and runs are told so. */
  offline: boolean;
  /** Every run archives what it drops. */
  archive: boolean;
  rotation?: { maxBytes: number; maxFiles: number };
  /** Records that are there at first, and lines among them that are none. */
  past: { records: number; unreadable: number; expired: number };
  writers: WriterPlan[];
  steps: Step[];
}

export function drawWorld(seed: number): World {
  const random = new Random(seed);
  const backend = weighted<Backend>(random, { json: 62, rotating: 23, redis: 15 });
  const place = weighted<Place>(random, {
    plain: 25,
    tmpfs: 25,
    ext4: 16,
    'ext4-1k': 10,
    xfs: 14,
    btrfs: 10,
  });
  const collapses = ['plain', 'ext4', 'ext4-1k', 'xfs'].includes(place);
  const world: World = {
    seed,
    backend,
    place: backend === 'redis' ? 'plain' : place,
    policy: drawPolicy(random),
    inPlace: backend !== 'redis' && random.chance(collapses ? 0.4 : 0.05),
    offline: false,
    archive: backend !== 'redis' && random.chance(0.25),
    past: {
      records: 200 + random.below(random.pick([1000, 8000, 20_000])),
      unreadable: backend === 'redis' ? 0 : random.below(4),
      expired: random.pick([0.05, 0.5, 0.9]),
    },
    writers: [],
    steps: [],
  };
  if (backend === 'rotating') {
    world.rotation = {
      maxBytes: random.pick([40_000, 200_000, 1_000_000]),
      maxFiles: random.pick([2, 3, 5, 12]),
    };
  }
  // Several writers that rotate lose records of their own accord.
  const writers = backend === 'rotating' ? random.below(2) : random.below(4);
  for (let n = 0; n < writers; n++) world.writers.push(drawWriter(random, world, `w${n}`));
  world.offline = backend !== 'redis' && writers === 0 && random.chance(0.4);
  const count = 6 + random.below(18);
  for (let n = 0; n < count; n++) world.steps.push(drawStep(random, world, n));
  return world;
}

function drawPolicy(random: Random): Policy {
  const kind = random.next();
  if (kind < 0.6) return { maxAgeDays: random.pick([30, 364]) };
  if (kind < 0.75) return { maxRecords: 100 + random.below(5000) };
  if (kind < 0.9) return { maxTotalBytes: 20_000 + random.below(1_000_000) };
  return { maxAgeDays: 30, maxRecords: 100 + random.below(5000), maxTotalBytes: 500_000 };
}

function drawWriter(random: Random, world: World, id: string): WriterPlan {
  return {
    id,
    pauseUs: random.pick([100, 400, 2000]),
    expiredEvery: random.pick([0, 2, 10, 50]),
    syncEvery: random.pick([0, 0, 20]),
    held: world.backend === 'json' && random.chance(0.12),
    age: random.chance(0.1) ? random.below(60 * 86_400) : 0,
  };
}

const isRotating = (world: World) => world.backend === 'rotating';

function drawStep(random: Random, world: World, number: number): Step {
  const files = world.backend !== 'redis';
  const intruders = world.backend === 'json' && !world.offline ? 1 : 0;
  const kind = weighted(random, {
    run: 50,
    wait: 14,
    writer: isRotating(world) || world.offline ? 0 : 6,
    'writer killed': 4,
    'writer stopped': 6,
    full: files && world.place !== 'plain' ? 7 : 0,
    room: files && world.place !== 'plain' ? 5 : 0,
    truncate: 3 * intruders,
    copytruncate: 3 * intruders,
    move: 3 * intruders,
    reader: files ? 2 : 0,
    server: files ? 0 : 6,
  });
  switch (kind) {
    case 'run':
      return { kind, ...drawRun(random, world) };
    case 'wait':
      return { kind, ms: 20 + random.below(600) };
    case 'writer':
      return { kind: 'writer starts', writer: drawWriter(random, world, `s${number}`) };
    case 'writer killed':
      return { kind, which: random.below(4) };
    case 'writer stopped':
      return { kind, which: random.below(4), ms: 100 + random.below(2000) };
    case 'full':
      return { kind: 'disk fills', leave: random.pick([0, 0, 64 << 10, 1 << 20]) };
    case 'room':
      return { kind: 'disk has room again' };
    case 'truncate':
    case 'copytruncate':
      return { kind, frozen: random.chance(0.6) };
    case 'move':
    case 'reader':
      return { kind };
    default:
      return { kind: 'server restarts' };
  }
}

function drawRun(random: Random, world: World): RunPlan {
  const files = world.backend !== 'redis';
  const command = weighted<RunPlan['command']>(random, {
    compact: 80,
    'dry-run': 3,
    free: files && world.place !== 'plain' && !world.archive ? 5 : 0,
    watch: world.archive ? 0 : 5,
    scan: 3,
    recover: files && !world.archive ? 4 : 0,
    doctor: 3,
    inspect: 2,
  });
  const flags: string[] = [];
  const clockDays = random.chance(0.08) ? random.pick([-400, -1, 20, 90, 900]) : 0;
  if (command === 'compact') {
    if (random.chance(0.1) && files) flags.push('--limit-rate', random.pick(['1MB', '10MB']));
    if (random.chance(0.1)) flags.push('--max-duration', random.pick(['1s', '3s']));
    if (random.chance(0.25)) flags.push('--lock-wait', random.pick(['1s', '3s']));
    if (random.chance(0.05)) flags.push('--min-reclaim', random.pick(['1KB', '30%']));
    if (random.chance(0.5) || clockDays !== 0) flags.push('--max-drop', '100%');
    if (random.chance(0.1)) flags.push('--allow-empty');
  }
  if (command === 'watch') {
    if (files && world.place !== 'plain' && random.chance(0.3)) flags.push('--min-free', random.pick(['1MB', '20MB'])); // prettier-ignore
    return { command, flags, clockDays, fate: drawEndOfService(random), aside: true };
  }
  if (command === 'free') flags.push('--free', random.pick(['100KB', '1MB', '20MB']));
  return { command, flags, clockDays, fate: drawFate(random), aside: random.chance(0.35) };
}

function drawFate(random: Random): Fate {
  // What a run changes, it changes late.
  const share = random.chance(0.5) ? random.next() * 1.2 : 0.6 + random.next() * 0.5;
  const at = Math.round(share * 100) / 100;
  const kind = weighted<Fate['kind']>(random, { ends: 40, killed: 33, stopped: 15, signalled: 12 });
  if (kind === 'killed') return { kind, at };
  if (kind === 'stopped') return { kind, at, ms: 200 + random.below(2500) };
  if (kind === 'ends') return { kind };
  return { kind, at, signal: random.pick(['SIGTERM', 'SIGINT', 'SIGHUP'] as const) };
}

/** After some rounds, one a second. */
function drawEndOfService(random: Random): Fate {
  const at = 2 + random.below(10);
  return random.chance(0.4)
    ? { kind: 'killed', at }
    : { kind: 'signalled', at, signal: random.pick(['SIGTERM', 'SIGINT'] as const) };
}

function weighted<T extends string>(random: Random, weights: Record<T, number>): T {
  const choices = Object.entries<number>(weights) as [T, number][];
  let left = random.next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  return choices.at(-1)![0];
}

/** One line for each step, for people. */
export function describe(world: World): string[] {
  const { steps, ...rest } = world;
  const lines = [JSON.stringify(rest)];
  for (const [index, step] of steps.entries()) lines.push(`  ${index}: ${JSON.stringify(step)}`);
  return lines;
}

// Plays one world after the other, each from its own seed, and adds up what was tried.
import { play, type Outcome, type Played } from './play.js';
import { shrink } from './shrink.js';
import { describe, drawWorld, type World } from './world.js';

const SHRINK_MS = 120_000;

export interface Sweep {
  /** Of the first world; the next one has the next. */
  seed: number;
  worlds: number;
  /** When to begin no further world. */
  until: number;
  /** Of the steps of each world only these. */
  steps?: number[] | undefined;
  /** A world that failed is made shorter, for a few minutes. */
  shrinks?: boolean;
}

export interface Total extends Played {
  seeds: [number, number];
  worlds: number;
  places: Record<string, number>;
  failed: number[];
}

export async function sweep({ seed, worlds, until, steps, shrinks }: Sweep): Promise<Total> {
  const total: Total = { seeds: [seed, seed], worlds: 0, records: 0, runs: 0, kills: 0, stops: 0, signals: 0, codes: {}, places: {}, failed: [] }; // prettier-ignore
  for (let at = 0; at < worlds && Date.now() < until; at++) {
    const world = drawWorld(seed + at);
    if (steps) world.steps = world.steps.filter((_step, index) => steps.includes(index));
    const outcome = await play(world);
    add(total, world, outcome);
    if (outcome.faults.length === 0) continue;
    report(world, outcome);
    if (shrinks) console.log(`shorter: --steps ${(await shrink(world, Date.now() + SHRINK_MS)).join()}`); // prettier-ignore
  }
  return total;
}

function add(total: Total, world: World, outcome: Outcome): void {
  total.seeds[1] = world.seed;
  total.worlds += 1;
  for (const what of ['records', 'runs', 'kills', 'stops', 'signals'] as const) total[what] += outcome[what]; // prettier-ignore
  for (const [code, times] of Object.entries(outcome.codes)) total.codes[code] = (total.codes[code] ?? 0) + times; // prettier-ignore
  const where = `${world.backend} ${world.place}`;
  total.places[where] = (total.places[where] ?? 0) + 1;
  if (outcome.faults.length > 0) total.failed.push(world.seed);
}

function report(world: World, { faults }: Outcome): void {
  console.log(`world ${world.seed} failed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  console.log(describe(world).join('\n'));
  console.log(`again: npm run sim -- --seed ${world.seed}`);
}

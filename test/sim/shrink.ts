// Makes a failing world shorter: leaves out one step after the other, as long as it still fails.
import { play } from './play.js';
import type { World } from './world.js';

/** Times differ from one play to the next: a world that failed once may pass. */
const TRIES = 2;

/** Returns the numbers of the steps that are left. Begins no further play after `until`. */
export async function shrink(world: World, until: number): Promise<number[]> {
  let kept = world.steps.map((_step, index) => index);
  for (const index of [...kept].reverse()) {
    const fewer = kept.filter((other) => other !== index);
    if (await fails({ ...world, steps: fewer.map((at) => world.steps[at]!) }, until)) kept = fewer;
  }
  return kept;
}

async function fails(world: World, until: number): Promise<boolean> {
  for (let tries = 0; tries < TRIES && Date.now() < until; tries++) {
    if ((await play(world)).faults.length > 0) return true;
  }
  return false;
}

import type { Part } from './replace-parts.js';
import { type Run, type Setup, type World } from './replace-world.js';
import type { FileSystem } from './file-system.js';

/** One atomic step of a run, and every way it can turn out. None: it has to wait. */
export interface Step {
  name: string;
  words: string;
  act(world: World, setup: Setup): World[];
}

/** On to another step, with what the run has learnt. */
export function go(world: World, step: string, learnt: Partial<Run> = {}): World {
  return { ...world, run: { ...world.run, ...learnt, step } };
}

export function withFiles(world: World, fs: FileSystem): World {
  return { ...world, fs };
}

export function has(setup: Setup, part: Part): boolean {
  return !setup.without.includes(part);
}

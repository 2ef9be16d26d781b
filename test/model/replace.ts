import { COMPACTION } from './compaction.js';
import { DRAIN } from './drain.js';
import type { Exploration, Model, Move } from './explore.js';
import { explore } from './explore.js';
import { changeNames, create } from './file-system.js';
import { lineOf } from './lines.js';
import { cutShort, LIVE_APPEND } from './live-append.js';
import { RECOVERY } from './recovery.js';
import { violation } from './replace-invariants.js';
import {
  createWorld,
  describeWorld,
  IDLE,
  normalised,
  powerLosses,
  worldKey,
  type Setup,
  type World,
} from './replace-world.js';
import { writerMoves } from './writers.js';
import { has, type Step } from './step.js';

/** The whole protocol, as named atomic steps in their order. */
export const STEPS: readonly Step[] = [...RECOVERY, ...COMPACTION, ...LIVE_APPEND, ...DRAIN];

const STEP = new Map(STEPS.map((step) => [step.name, step]));

export function exploreReplace(setup: Setup, max: number): Exploration {
  return explore(replaceModel(setup), max);
}

export function replaceModel(setup: Setup): Model<World> {
  return {
    initial: createWorld(setup),
    next: (world) => [
      ...papyraMoves(world, setup),
      ...runtimeMoves(world),
      ...faultMoves(world, setup),
    ],
    key: worldKey,
    violation: (world) => violation(world, setup),
    settled: (world) => world.run.step === 'done' || world.run.step === 'reported',
    describe: describeWorld,
  };
}

function papyraMoves(world: World, setup: Setup): Move<World>[] {
  const { step } = world.run;
  if (step === 'reported' || (step === 'done' && world.compactions === 0)) return [];
  if (step === 'idle' || step === 'done' || step === 'kept') {
    const words = '1 a run begins and takes the lock';
    return [{ words, state: { ...world, run: { ...IDLE, step: 'recover' } } }];
  }
  const current = STEP.get(step);
  if (current === undefined) throw new Error(`no such step: ${step}`);
  return current
    .act(world, setup)
    .map((state) => ({ words: current.words, state: normalised(state) }));
}

function runtimeMoves(world: World): Move<World>[] {
  return world.writers.flatMap((writer, index) =>
    writerMoves(writer, `writer ${String(index + 1)}`, world.fs).flatMap((move) => {
      if (move.killed === true && world.faults.tornWriters === 0) return [];
      const writers = world.writers.slice();
      writers[index] = move.writer;
      const moved: World = { ...world, fs: move.fs, writers };
      const state = normalised(credited(moved, move));
      return [{ words: move.words, state, fault: move.killed === true }];
    }),
  );
}

function credited(world: World, move: ReturnType<typeof writerMoves>[number]): World {
  if (move.killed === true) {
    const { tornWriters } = world.faults;
    const unended = world.unended + (move.unended ?? '');
    return { ...world, unended, faults: { ...world.faults, tornWriters: tornWriters - 1 } };
  }
  if (move.finished === undefined) return world;
  if (move.writer.glued === 'others') return { ...world, glued: world.glued + move.finished };
  const entry = move.finished + String(move.writer.inode);
  return { ...world, acknowledged: [...world.acknowledged, entry].sort() };
}

function faultMoves(world: World, setup: Setup): Move<World>[] {
  const { faults, run, fs } = world;
  const moves: Move<World>[] = [];
  const running = !['idle', 'done', 'kept', 'reported'].includes(run.step);
  if (faults.kills > 0 && running) {
    const killed: World = {
      ...world,
      // A write that is cut short gives the file free again.
      fs: run.step === 'write rest' ? cutShort(world) : fs,
      run: IDLE,
      faults: { ...faults, kills: faults.kills - 1 },
    };
    moves.push({ words: 'papyra is killed', state: normalised(killed), fault: true });
  }
  if (faults.powerLosses > 0) {
    for (const state of powerLosses(world)) {
      moves.push({ words: 'power loss', state, fault: true });
    }
  }
  if (faults.replacements > 0 && canBeReplaced(world, setup)) {
    const state = normalised(replaced(world));
    moves.push({ words: 'somebody else replaces the log', state, fault: true });
  }
  return moves;
}

/** Not between the check and the rename: no order of system calls closes that window. */
function canBeReplaced(world: World, setup: Setup): boolean {
  const window = ['last catch-up', 'rename'].includes(world.run.step);
  return !window || !has(setup, 'replaced-before-check');
}

function replaced(world: World): World {
  const moved = world.fs.names.log ?? -1;
  const [fs, index] = create(world.fs, 'log', lineOf('F'));
  return {
    ...world,
    fs: changeNames(fs, { moved }),
    faults: { ...world.faults, replacements: world.faults.replacements - 1 },
    acknowledged: [...world.acknowledged, `F${String(index)}`].sort(),
  };
}

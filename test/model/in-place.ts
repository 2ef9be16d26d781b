import { explore, type Exploration, type Model, type Move } from './explore.js';
import { changeData, create, dataOf, inodeAt, NUL } from './file-system.js';
import { isBlank, isFiller } from './in-place-plan.js';
import { IN_PLACE_STEPS } from './in-place-steps.js';
import {
  createInPlaceWorld,
  inPlaceKey,
  inPlacePowerLosses,
  keeps,
  RESTING,
  tidy,
  withoutNuls,
  type InPlaceSetup,
  type InPlaceWorld,
} from './in-place-world.js';
import { holdsRecord, isRecord, lineOf, linesIn } from './lines.js';
import { writerMoves } from './writers.js';

const STEP = new Map(IN_PLACE_STEPS.map((step) => [step.name, step]));

export function exploreInPlace(setup: InPlaceSetup, max: number): Exploration {
  return explore(inPlaceModel(setup), max);
}

export function inPlaceModel(setup: InPlaceSetup): Model<InPlaceWorld> {
  return {
    initial: createInPlaceWorld(setup),
    next: (world) => [
      ...papyraMoves(world, setup),
      ...collapseMoves(world),
      ...runtimeMoves(world),
      ...faultMoves(world, setup),
    ],
    key: inPlaceKey,
    violation: (world) => violation(world, setup),
    settled: (world) => world.run.step === 'done',
    describe: (world) =>
      Object.entries(world.fs.names)
        .map(([name, inode]) => `${name} -> #${String(inode)} "${dataOf(world.fs, inode)}"`)
        .join(', '),
  };
}

function papyraMoves(world: InPlaceWorld, setup: InPlaceSetup): Move<InPlaceWorld>[] {
  const { step } = world.run;
  if (step === 'idle' || (step === 'done' && world.compactions > 0)) {
    const words = '1 a run begins and takes the lock';
    return [{ words, state: { ...world, run: { ...RESTING, step: 'recover' } } }];
  }
  const current = STEP.get(step);
  if (current === undefined) return [];
  return current.act(world, setup).map((state) => ({ words: current.words, state: tidy(state) }));
}

function collapseMoves(world: InPlaceWorld): Move<InPlaceWorld>[] {
  return world.collapses.flatMap((call, index) => {
    if (inodeAt(world.fs, call.inode).busy) return [];
    const { at, length } = call;
    const possible = at + length < dataOf(world.fs, call.inode).length;
    const change = { kind: 'collapse', at, length } as const;
    const fs = possible ? changeData(world.fs, call.inode, change) : world.fs;
    const collapses = world.collapses.filter((_, other) => other !== index);
    const words = call.own ? '4 the kernel collapses' : '4 an orphaned child collapses';
    return [{ words, state: tidy({ ...world, fs, collapses }) }];
  });
}

function runtimeMoves(world: InPlaceWorld): Move<InPlaceWorld>[] {
  return world.writers.flatMap((writer, index) =>
    writerMoves(writer, `writer ${String(index + 1)}`, world.fs).flatMap((move) => {
      const { faults } = world;
      const killed = move.killed === true;
      if (killed && faults.tornWriters === 0) return [];
      const writers = world.writers.slice();
      writers[index] = move.writer;
      const letter = move.finished ?? '';
      const glued = move.writer.glued === 'others';
      const state = tidy({
        ...world,
        fs: move.fs,
        writers,
        faults: killed ? { ...faults, tornWriters: faults.tornWriters - 1 } : faults,
        acknowledged: world.acknowledged + (glued ? '' : letter),
        glued: world.glued + (glued ? letter : ''),
      });
      return [{ words: move.words, state, fault: killed }];
    }),
  );
}

function faultMoves(world: InPlaceWorld, setup: InPlaceSetup): Move<InPlaceWorld>[] {
  const { faults, run } = world;
  const moves: Move<InPlaceWorld>[] = [];
  const running = run.step !== 'idle' && run.step !== 'done';
  if (faults.kills > 0 && running) {
    const killed = { ...world, run: RESTING, faults: { ...faults, kills: faults.kills - 1 } };
    const orphans = world.collapses.map((call) => ({ ...call, own: false }));
    // Its call is a move of its own: here it had not begun, or had ended.
    const collapses = keeps(setup, 'own-process') ? [] : orphans;
    const state = tidy({ ...killed, collapses });
    moves.push({ words: 'papyra is killed', state, fault: true });
  }
  if (faults.powerLosses > 0) {
    for (const state of inPlacePowerLosses(world)) {
      moves.push({ words: 'power loss', state, fault: true });
    }
  }
  const quiet = !running && world.writers.every((writer) => writer.inode < 0);
  if (faults.replacements > 0 && quiet) {
    const state = replaced(world, setup);
    moves.push({ words: 'somebody else replaces the log', state, fault: true });
  }
  return moves;
}

/** By what is live in it, and one record more. */
function replaced(world: InPlaceWorld, setup: InPlaceSetup): InPlaceWorld {
  const lines = linesIn(dataOf(world.fs, world.fs.names.log ?? -1));
  const live = lines.filter((line) => isRecord(line) && !setup.expired.includes(line.slice(0, 1)));
  const text = live.map((line) => lineOf(line.slice(0, 1))).join('') + lineOf('F');
  return tidy({
    ...world,
    fs: create(world.fs, 'log', text)[0],
    faults: { ...world.faults, replacements: world.faults.replacements - 1 },
    acknowledged: `${world.acknowledged}F`,
  });
}

/** What is wrong with a state, in words. */
function violation(world: InPlaceWorld, setup: InPlaceSetup): string | undefined {
  const log = world.fs.names.log;
  if (log === undefined) return 'the path of the log names nothing';
  const text = dataOf(world.fs, log);
  const bare = withoutNuls(text);
  for (const letter of world.acknowledged + world.glued) {
    if (!holdsRecord(bare, letter)) return `record ${letter} is lost`;
  }
  // Only a power loss leaves NULs, and only a repair takes them away.
  if (text.includes(NUL)) {
    return world.fs.names.intent === undefined ? 'NULs are left, and no intent' : undefined;
  }
  const order = readableIn(text, world);
  if (world.run.step === 'done' && order !== world.acknowledged) {
    return `the records ${world.acknowledged} are read as ${order}`;
  }
  if (world.fs.names.intent !== undefined) {
    return world.run.step === 'done' ? 'an intent is left' : undefined;
  }
  const junk = linesIn(text).find((line) => !isExpected(line, setup));
  return junk === undefined ? undefined : `an unreadable line is left: ${junk}`;
}

function readableIn(text: string, world: InPlaceWorld): string {
  const letters = linesIn(text)
    .filter(isRecord)
    .map((line) => line.slice(0, 1));
  return letters.filter((letter) => world.acknowledged.includes(letter)).join('');
}

/** A writer may leave its own record torn, or glue one to it. */
function isExpected(line: string, setup: InPlaceSetup): boolean {
  if (isRecord(line) || isFiller(line) || isBlank(line)) return true;
  return setup.writers.some((writer) => [...writer.records].some((own) => line.includes(own)));
}

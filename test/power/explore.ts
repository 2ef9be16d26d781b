// Goes through all states that a power loss can leave of a recorded run, has papyra run in each, and checks.
import { Random } from '../support/random.js';
import { fingerprint, type Named } from './image.js';
import type { Recorded } from './operations.js';
import { NEXT } from './checks.js';
import type { After, Pool } from './pool.js';
import type { Recording } from './recorder.js';
import type { Task } from './runner.js';
import { PowerLoss, type Budget, type Mode, type State } from './states.js';

/** A run to record, and what must hold of each state that a power loss leaves of it. */
export interface Scene {
  name: string;
  /** Makes the tree before the run, and records it. */
  record: (root: string) => Promise<Recording>;
  /** What runs in each state. */
  task: (root: string) => Task;
  /** The same as a command line. */
  command: (root: string) => string[];
  /** The runtime starts before the next run: in each state it appends a record to this file, whose last line is whole. */
  appendsTo?: string;
  /** More states that each one may have become, before the next run. */
  variants?: (state: State) => State[];
  /** What runs after that, one after the other, while the tree is still there. */
  later?: (root: string) => Task[];
  /** Throws when the runtime could not read there what it must. `promised`: lines that came during the run. */
  before: (state: State, promised: readonly string[]) => void;
  /** Throws when the run did not bring all in order. */
  after: (after: After, promised: readonly string[]) => void;
}

export interface Loss {
  /** After so many operations the power went. */
  count: number;
  /** What was asked for, and is not there. */
  lost: string[];
  what: string;
}

export interface Result {
  scene: string;
  mode: Mode;
  operations: number;
  /** Different states in which papyra ran. */
  states: number;
  /** So many of them by the command as a process. */
  asProcess: number;
  isExhaustive: boolean;
  losses: Loss[];
}

export interface Exploration {
  mode: Mode;
  budget: Budget;
  seed: number;
  /** Every so many states the command runs as a process; 0: never. */
  processEvery?: number;
  /** States that were found sound; new ones are added. */
  sound: Set<string>;
  /** Ends with the first operation after which something is lost. */
  isFirstEnough?: boolean;
  /** Of all states so many, drawn by the seed. */
  most?: number;
}

/** States that wait for their run: the check of the last ones ends before the next operation begins. */
const AHEAD = 24;

interface Candidate {
  key: string;
  count: number;
  state: State;
  promised: string[];
  /** The runtime has started first. */
  isGrown: boolean;
}

export async function explore(
  scene: Scene,
  recording: Pick<Recording, 'start' | 'promised'>,
  operations: readonly Recorded[],
  pool: Pool,
  how: Exploration,
): Promise<Result> {
  const { mode, budget, seed, processEvery = 0, sound, isFirstEnough = false, most = Infinity } = how; // prettier-ignore
  const random = new Random(seed);
  const power = new PowerLoss(recording.start, operations, mode, budget, random);
  const result: Result = { scene: scene.name, mode, operations: operations.length, states: 0, asProcess: 0, isExhaustive: true, losses: [] }; // prettier-ignore
  const pending = new Set<Promise<void>>();
  const attempt = async (candidate: Candidate): Promise<void> => {
    const { key, count } = candidate;
    const { state, promised } = candidate.isGrown ? grown(candidate, scene) : candidate;
    result.states += 1;
    const asProcess = processEvery > 0 && result.states % processEvery === 0;
    if (asProcess) result.asProcess += 1;
    const work = check(scene, state, promised, pool, asProcess).then((what) => {
      if (what === undefined) sound.add(key);
      else result.losses.push({ count, lost: state.text, what });
    });
    pending.add(work);
    void work.finally(() => pending.delete(work));
    while (pending.size >= AHEAD) await Promise.race(pending);
  };
  const seen = new Set<string>();
  const drawn: Candidate[] = [];
  for (let count = 0; count <= operations.length; count++) {
    if (operations[count - 1]?.withNext) continue;
    const { all, isExhaustive } = candidates(scene, recording, operations, power, count);
    result.isExhaustive &&= isExhaustive;
    for (const one of all) {
      if (seen.has(one.key) || sound.has(one.key)) continue;
      seen.add(one.key);
      if (most < Infinity) drawn.push(one);
      else await attempt(one);
      if (isFirstEnough && result.losses.length > 0) break;
    }
    if (isFirstEnough) await Promise.all(pending);
    if (isFirstEnough && result.losses.length > 0) break;
  }
  result.isExhaustive &&= drawn.length <= most;
  for (const one of fairly(drawn, most, random)) await attempt(one);
  await Promise.all(pending);
  result.losses.sort((a, b) => a.count - b.count || a.lost.length - b.lost.length);
  return result;
}

/** The states when so many operations are done, each also after the runtime has started. */
function candidates(
  scene: Scene,
  recording: Pick<Recording, 'promised'>,
  operations: readonly Recorded[],
  power: PowerLoss,
  count: number,
): { all: Candidate[]; isExhaustive: boolean } {
  const during = operations
    .slice(0, count)
    .flatMap((one) => (one.do === 'promise' ? one.lines : []));
  const promised = [...(recording.promised ?? []), ...during];
  const { states, isExhaustive } = power.after(count);
  const isThere = ({ path }: Named): boolean => path === scene.appendsTo;
  const all = states
    .flatMap((one) => [one, ...(scene.variants?.(one) ?? [])])
    .flatMap((state) => {
      const key = `${promised.length} ${fingerprint(state.names)} ${state.variant ?? ''}`;
      const plain = { key, count, state, promised, isGrown: false };
      return state.names.some(isThere)
        ? [plain, { ...plain, key: `${key} grown`, isGrown: true }]
        : [plain];
    });
  return { all, isExhaustive };
}

/** The same after the runtime has appended a record. */
function grown(
  { state, promised }: Candidate,
  { appendsTo }: Scene,
): Pick<Candidate, 'state' | 'promised'> {
  const file = state.names.find(({ path }) => path === appendsTo)!;
  const content = Buffer.concat([file.node.content, Buffer.from(`${NEXT}\n`)]);
  const node = { ...file.node, content };
  const names = state.names.map((one) => (one.inode === file.inode ? { ...one, node } : one));
  const text = [...state.text, 'then the runtime appends a record'];
  return { state: { ...state, names, text }, promised: [...promised, NEXT] };
}

/** So many of them, of each moment as many as of another, as far as it has them. */
function fairly(all: readonly Candidate[], most: number, random: Random): Candidate[] {
  if (all.length <= most) return [...all];
  const ranks = new Map<number, number>();
  const ranked = shuffled(all, random).map((one) => {
    const rank = ranks.get(one.count) ?? 0;
    ranks.set(one.count, rank + 1);
    return { one, rank };
  });
  const chosen = ranked.sort((a, b) => a.rank - b.rank).slice(0, most);
  return chosen.map(({ one }) => one).sort((a, b) => a.count - b.count);
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  const left = [...all];
  return all.map(() => left.splice(random.below(left.length), 1)[0]!);
}

async function check(
  scene: Scene,
  state: State,
  promised: readonly string[],
  pool: Pool,
  asProcess: boolean,
): Promise<string | undefined> {
  try {
    scene.before(state, promised);
  } catch (error) {
    return `before the next run: ${(error as Error).message}`;
  }
  const after = await pool.run(state.names, scene, asProcess);
  try {
    scene.after(after, promised);
  } catch (error) {
    const said = after.outcome.runs.map((run) => (run ? `${run.code}: ${run.message}` : 'done'));
    return `after ${said.join('; then ')}: ${(error as Error).message}`;
  }
  return undefined;
}

/** The shortest way to a loss, as a person reads it. */
export function history(operations: readonly Recorded[], loss: Loss): string {
  const done = operations.slice(0, loss.count).map(({ text }) => `  ${text}`);
  const lost = loss.lost.length > 0 ? loss.lost.map((one) => `  not on the disk: ${one}`) : ['  nothing is missing']; // prettier-ignore
  return [...done, '  – the power goes –', ...lost, `  ${loss.what}`].join('\n');
}

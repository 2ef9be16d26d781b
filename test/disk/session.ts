// Some seconds in the life of a store on a disk that remembers: writers that sync now and then, runs that end or are
// killed. What the disk was asked meanwhile is the history from which power failures are made.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PapyraRun, startFileWriter, type RunOptions, type Writer } from '../sim/actors.js';
import { makePast, writePast } from '../sim/stage.js';
import type { Told } from '../sim/told.js';
import { drawWorld, type Fate, type World } from '../sim/world.js';
import type { Report } from '../support/papyra.js';
import { Random } from '../support/random.js';
import { FILE_SYSTEMS, makeBase, partsOf, record, type FileSystem } from './disk.js';
import { readHistory, type Request } from './history.js';

export interface Run {
  from: number;
  to: number;
  /** It said that it has made every file shorter: what was there when it began is durable from its end on. */
  compacted: boolean;
}

export interface Recording {
  seed: number;
  system: FileSystem;
  world: World;
  directory: string;
  told: Told[];
  killed: string[];
  unreadable: string[];
  runs: Run[];
  requests: Request[];
}

export interface SessionOptions {
  /** Default: what the seed says. */
  system?: FileSystem | undefined;
  /** A program that runs papyra. */
  under?: readonly string[] | undefined;
}

const RUNS = 5;
const MAX_AGE = ['--max-age', '364d'];

export const pathOn = (point: string): string => join(point, 'data/events.ndjson');

/** How a command is told the store. */
export function storeFlags(path: string, { rotation }: World): string[] {
  const set = rotation && ['--backend', 'rotating', '--max-bytes', `${rotation.maxBytes}`, '--max-files', `${rotation.maxFiles}`]; // prettier-ignore
  return ['--path', path, ...(set ?? [])];
}

export function drawSession(
  seed: number,
  given?: FileSystem,
): { world: World; system: FileSystem; fates: Fate[] } {
  const random = new Random(seed);
  const drawn = random.pick(FILE_SYSTEMS);
  const system = given ?? drawn;
  const rotating = random.chance(0.3);
  const writer = (id: string) => ({ id, pauseUs: random.pick([100, 400, 2000]), expiredEvery: random.pick([2, 10]), syncEvery: random.pick([1, 10, 50, 0]), held: false, age: 0 }); // prettier-ignore
  const world: World = {
    ...drawWorld(seed),
    backend: rotating ? 'rotating' : 'json',
    policy: { maxAgeDays: 364 },
    inPlace: system.kind !== 'btrfs' && random.chance(0.4),
    archive: false,
    past: { records: 200 + random.below(4000), unreadable: random.below(3), expired: random.pick([0.3, 0.8]) }, // prettier-ignore
    writers: rotating ? [writer('w0')] : [writer('w0'), writer('w1')],
  };
  delete world.rotation;
  if (rotating) world.rotation = { maxBytes: random.pick([40_000, 200_000]), maxFiles: random.pick([3, 5, 12]) }; // prettier-ignore
  const fates = Array.from({ length: RUNS }, (): Fate => {
    return random.chance(0.3)
      ? { kind: 'killed', at: Math.round(random.next() * 120) / 100 }
      : { kind: 'ends' };
  });
  return { world, system, fates };
}

export async function recordSession(
  seed: number,
  options: SessionOptions = {},
): Promise<Recording> {
  const { world, fates, system } = drawSession(seed, options.system);
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'papyra-disk-')));
  const { point, history } = partsOf(directory);
  const path = pathOn(point);
  const past = makePast(world);
  await makeBase(directory, system, () => {
    mkdirSync(join(point, 'data'));
    writePast(path, past.lines, world);
  });
  const runs: Run[] = [];
  const writers: Writer[] = [];
  const stop = await record(directory, system);
  try {
    for (const plan of world.writers) {
      const { rotation } = world;
      const told = join(directory, `told.${plan.id}`);
      writers.push(await startFileWriter(plan, { path, told, rotation: rotation && [rotation.maxBytes, rotation.maxFiles] })); // prettier-ignore
    }
    for (const fate of fates) {
      await sleep(150);
      runs.push(await runOnce(world, path, { fate, usualMs: 400, under: options.under }));
    }
  } finally {
    for (const writer of writers) await writer.stop('SIGTERM');
    await stop();
  }
  const told = [...past.told, ...writers.flatMap((writer) => writer.told())];
  const { unreadable } = past;
  const recording = { seed, system, world, directory, told, killed: [], unreadable, runs, requests: readHistory(history) }; // prettier-ignore
  writeFileSync(join(directory, 'session.json'), JSON.stringify({ ...recording, requests: [] }));
  return recording;
}

async function runOnce(world: World, path: string, options: RunOptions): Promise<Run> {
  const flags = [...storeFlags(path, world), ...MAX_AGE, '--max-drop', '100%', ...(world.inPlace ? ['--in-place'] : [])]; // prettier-ignore
  const run = new PapyraRun(['persistence', 'compact', '--json', ...flags], options); // prettier-ignore
  const { code, stdout, stderr, from, to } = await run.done;
  const killed = options.fate.kind === 'killed' && code === undefined;
  if (!killed && code !== 0 && code !== 75) throw new Error(`exit ${code}: ${stderr}`);
  if (code !== 0) return { from, to, compacted: false };
  const { status, parts } = JSON.parse(stdout) as Report;
  // A file of a set in which nothing has expired is not touched, and not synced.
  const whole = parts.every(({ action }) => action !== 'unchanged');
  return { from, to, compacted: status === 'compacted' && whole };
}

export const forget = ({ directory }: Recording): void => rmSync(directory, { recursive: true, force: true }); // prettier-ignore

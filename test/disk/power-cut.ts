// Fails the power in a recording, mounts what that leaves, lets papyra run on it, and judges.
import { dirname, join } from 'node:path';
import { filesIn, filesOf, linesOf } from '../sim/stage.js';
import { keyOf, type Told } from '../sim/told.js';
import { judge, parsed } from '../sim/verdict.js';
import { leftovers } from '../live/run.js';
import { papyra } from '../support/papyra.js';
import type { World } from '../sim/world.js';
import { Random } from '../support/random.js';
import { mountImage, partsOf } from './disk.js';
import { drawCut, makeDisk, type Cut } from './history.js';
import { pathOn, storeFlags, type Recording } from './session.js';

/** So many power failures of a recording: the same each time. */
export function cutsOf({ seed, runs, requests }: Recording, count: number): Cut[] {
  const random = new Random(seed);
  const within = (time: number) => runs.some(({ from, to }) => from < time && time < to);
  return Array.from({ length: count }, () => drawCut(random, requests, within));
}

/** Returns what is wrong, in words. */
export async function cutPower(recording: Recording, cut: Cut, seed: number): Promise<string[]> {
  const { directory, system, requests, world } = recording;
  const random = new Random(seed);
  const parts = partsOf(directory);
  const image = join(directory, 'cut');
  makeDisk(image, { ...parts, requests }, cut, random);
  const undo = mountImage(image, parts.point, system);
  try {
    const path = pathOn(parts.point);
    const before = allLines(path);
    const faults: string[] = [];
    // A third of the stores is repaired before anything else has cleaned up there.
    const repaired = random.chance(1 / 3);
    for (const args of [...(repaired ? [REPAIR] : []), compactionOf(world)]) {
      const { code, stderr } = await papyra(['persistence', ...args, ...storeFlags(path, world)]);
      if (code !== 0) faults.push(`exit ${code} of ${args[0]}: ${stderr}`);
    }
    const left = leftovers(path);
    if (left.length > 0) faults.push(`left over: ${left.join(', ')}`);
    const after = { time: requests[cut.before]!.time, before, path, repaired };
    return [...faults, ...judgeCut(recording, after)];
  } finally {
    await undo();
  }
}

const REPAIR = ['recover', '--max-drop', '100%'];

const compactionOf = ({ inPlace, rotation }: World): string[] => [
  ...['compact', '--max-age', '364d', '--allow-empty', '--max-drop', '100%'],
  ...(inPlace ? ['--in-place'] : []),
  ...(rotation ? ['--offline'] : []),
];

interface AfterCut {
  /** When the power failed. */
  time: number;
  /** The lines that were there then. */
  before: string[];
  path: string;
  repaired: boolean;
}

function judgeCut(
  { told, unreadable, runs }: Recording,
  { time, before, path, repaired }: AfterCut,
): string[] {
  // prettier-ignore
  const there = new Set(before.map(parsed).flatMap((record) => (record ? [keyOf(record)] : [])));
  /** What was durable when the power failed, and whatever else survived it, must be there. Other records may be. */
  const must = (record: Told) =>
    there.has(keyOf(record)) ||
    record.end < 0 ||
    (record.synced ?? Infinity) < time ||
    runs.some(({ from, to, compacted }) => compacted && to < time && record.end < from);
  const log = filesOf(path).flatMap(linesOf);
  const verdict = judge({
    told: told.map((record) => (record.state === 'whole' && must(record) ? record : { ...record, state: 'failed' })), // prettier-ignore
    killed: new Set(),
    log,
    elsewhere: [],
    policy: {},
    runs: [...runs, { from: time, to: time }],
    cutoff: Date.now() / 1000 - 364 * 86_400,
    removed: { keys: new Set(), before: -Infinity },
    unreadable,
    repaired,
    tornAllowed: before.filter((line) => line.trim() !== '' && parsed(line) === undefined).length,
  });
  return (['lost', 'twice', 'torn', 'displaced'] as const).flatMap((what) => {
    const found = verdict[what];
    return found.length > 0 ? [`${found.length} ${what}: ${found.slice(0, 3).join('; ')}`] : [];
  });
}

/**
 * Of the log and of what a run left beside it. While there is a temporary file, nothing was renamed: it may hold what
 * writers never synced, and nobody but papyra has seen it.
 */
function allLines(path: string): string[] {
  const beside = filesIn(dirname(path));
  const temp = beside.some((file) => file.endsWith('.papyra.tmp'));
  const names = temp ? /\.papyra\.old\./ : /\.papyra\.(?:old\.|new$)/;
  return [...filesOf(path), ...beside.filter((file) => names.test(file))].flatMap(linesOf);
}

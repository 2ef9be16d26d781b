import {
  afterPowerLoss,
  create,
  createFileSystem,
  dataOf,
  fileSystemKey,
  forget,
  syncNames,
  type FileSystem,
} from './file-system.js';
import { holdsRecord, isRecord, linesIn } from './lines.js';
import { restarted, writerKey, type Writer } from './writers.js';

/** What a run knows. A run that was killed knows nothing: see `IDLE`. */
export interface Run {
  step: string;
  /** The file that was planned, by descriptor; later the old file. */
  log: number;
  /** The temp, later the new file. */
  temp: number;
  /** Up to where the old file is taken over. */
  offset: number;
  /** Synced size of the temp when the link was made. */
  synced: number;
  /** The old link's name. */
  link: string;
  /** An unterminated end that may turn out to be torn. */
  tail: string;
  /** Lines to append to the live log, and the step after them. */
  queue: readonly string[];
  then: string;
  /** Where our own write began, and how much of the line is written. */
  at: number;
  cut: number;
  /** How sure it is that the old file has come to rest. */
  quiet: number;
  recovering: boolean;
  restDone: boolean;
}

export const IDLE: Run = {
  step: 'idle',
  log: -1,
  temp: -1,
  offset: 0,
  synced: 0,
  link: '',
  tail: '',
  queue: [],
  then: '',
  at: 0,
  cut: 0,
  quiet: 0,
  recovering: false,
  restDone: false,
};

/** How many times each may still happen. */
export interface Faults {
  kills: number;
  powerLosses: number;
  tornWriters: number;
  shortWrites: number;
  /** Somebody else renames a file over the log. */
  replacements: number;
}

export interface World {
  fs: FileSystem;
  run: Run;
  /** Whole compactions still to be started; a recovery is always allowed. */
  compactions: number;
  writers: readonly Writer[];
  faults: Faults;
  /** Finished writes, as record and file. */
  acknowledged: readonly string[];
  /** Records that were finished, but glued to a line that others had left torn. */
  glued: string;
  /** Records that were cut short just before their newline: never twice. */
  unended: string;
  /** Files that were durably the log: their records may long be on the disk. */
  established: readonly number[];
  /** Records that no power loss may take any more. */
  promised: string;
}

export interface Setup {
  log: string;
  expired: string;
  writers: readonly Writer[];
  /** Whether the descriptors of all writers can be looked at. */
  sight: 'clear' | 'unknown';
  faults: Partial<Faults>;
  compactions: number;
  /** Where our own writes may be cut: after a byte, or also before the newline. */
  ownCuts?: 'one' | 'both';
  /** What a killed run has left: an old link, and records that are owed though glued. */
  left?: { link: string; text: string; owed: string };
  /** Parts of the protocol that are left out. */
  without: readonly string[];
}

export const NO_FAULTS: Faults = {
  kills: 0,
  powerLosses: 0,
  tornWriters: 0,
  shortWrites: 0,
  replacements: 0,
};

export function createWorld(setup: Setup): World {
  const faults = { ...NO_FAULTS, ...setup.faults };
  const { left } = setup;
  let fs = createFileSystem(setup.log, faults.powerLosses > 0);
  const letters = [...live(setup.log, setup.expired), ...(left?.owed ?? '')];
  const acknowledged = letters.map((letter) => `${letter}0`);
  if (left !== undefined) {
    fs = syncNames(create(fs, left.link, left.text)[0]);
    const records = live(left.text, setup.expired);
    acknowledged.push(...records.map((letter) => `${letter}1`));
  }
  return {
    fs,
    run: IDLE,
    compactions: setup.compactions,
    writers: setup.writers,
    faults,
    acknowledged: acknowledged.sort(),
    glued: '',
    unended: '',
    established: left === undefined ? [0] : [0, 1],
    promised: '',
  };
}

export function live(text: string, expired: string): string[] {
  const letters = linesIn(text)
    .filter(isRecord)
    .map((line) => line.slice(0, 1));
  return letters.filter((letter) => !expired.includes(letter));
}

/** Each record that must survive, once. */
export function lettersOf(world: World): Set<string> {
  const letters = new Set(world.glued);
  for (const entry of world.acknowledged) letters.add(entry.slice(0, 1));
  return letters;
}

export function oldLinks(names: Readonly<Record<string, number>>): string[] {
  return Object.keys(names).filter((name) => name.startsWith('old.'));
}

/** Brings a world into its plainest equal form. */
export function normalised(world: World): World {
  const open = world.writers.map((writer) => writer.inode);
  if (!world.fs.canLose) {
    return withFs(world, forget(world.fs, [...open, world.run.log, world.run.temp]));
  }
  const kept = promise(world);
  return withFs(kept, forget(kept.fs, [...open, world.run.log, world.run.temp]));
}

function withFs(world: World, fs: FileSystem): World {
  return fs === world.fs ? world : { ...world, fs };
}

/**
 * The kernel may have written a file to the disk long before its last name went. From then on its
 * records are owed, wherever they were moved to.
 */
function promise(world: World): World {
  const durable = Object.values(world.fs.durableNames);
  const gone = world.established.filter((inode) => !durable.includes(inode));
  if (gone.length === 0) return world;
  const text = gone.map((inode) => dataOf(world.fs, inode));
  const owed = [...lettersOf(world)].filter((letter) => text.some((t) => holdsRecord(t, letter)));
  const promised = [...new Set([...world.promised, ...owed])].sort().join('');
  const established = world.established.filter((inode) => durable.includes(inode));
  return { ...world, promised, established };
}

/** A run that came to its end owes what is on the disk then, whatever happens later. */
export function ended(world: World, step: 'done' | 'kept'): World {
  const run: Run = { ...IDLE, step, recovering: world.run.recovering };
  const log = world.fs.inodes[world.fs.names.log ?? -1];
  const text = log?.durable ?? '';
  const owed = [...lettersOf(world)].filter((letter) => holdsRecord(text, letter));
  const promised = [...new Set([...world.promised, ...owed])].sort().join('');
  return { ...world, run, promised };
}

/** Everything that a power loss can leave, with what is still owed in each case. */
export function powerLosses(world: World): World[] {
  const faults = { ...world.faults, powerLosses: world.faults.powerLosses - 1 };
  return afterPowerLoss(world.fs, faults.powerLosses > 0).map((fs) => {
    // The records of a log whose last name is lost were perhaps on the disk, and are owed.
    const gone = world.established.filter((inode) => !Object.values(fs.names).includes(inode));
    const text = gone.map((inode) => dataOf(world.fs, inode));
    for (const name of ['log', ...oldLinks(fs.names)]) {
      const inode = fs.names[name];
      if (inode !== undefined) text.push(dataOf(fs, inode));
    }
    const owed = (letter: string): boolean =>
      world.promised.includes(letter) || text.some((t) => holdsRecord(t, letter));
    const named = Object.values(fs.names);
    return normalised({
      ...world,
      fs,
      faults,
      run: IDLE,
      writers: world.writers.map(restarted),
      acknowledged: world.acknowledged.filter((entry) => owed(entry.slice(0, 1))),
      glued: [...world.glued].filter(owed).join(''),
      unended: '',
      established: world.established.filter((inode) => named.includes(inode)),
      promised: [...lettersOf(world)].filter(owed).sort().join(''),
    });
  });
}

export function worldKey(world: World): string {
  const { run, faults } = world;
  let key = fileSystemKey(world.fs);
  for (const writer of world.writers) key += `;${writerKey(writer)}`;
  key += `;${run.step}`;
  if (run !== IDLE) {
    key += `,${run.log},${run.temp},${run.offset},${run.synced},${run.link},${run.tail}`;
    key += `,${run.then},${run.at},${run.cut},${run.quiet},${run.recovering},${run.restDone}`;
    for (const line of run.queue) key += `|${line}`;
  }
  key += `;${faults.kills},${faults.powerLosses},${faults.tornWriters},${faults.shortWrites}`;
  key += `,${faults.replacements};${world.compactions};${world.glued};${world.unended}`;
  for (const entry of world.acknowledged) key += entry;
  if (world.fs.canLose) key += `;${world.promised};${world.established.join()}`;
  return key;
}

export function describeWorld(world: World): string {
  const names = Object.entries(world.fs.names).map(
    ([name, inode]) => `${name} -> #${String(inode)} "${dataOf(world.fs, inode)}"`,
  );
  return names.join(', ');
}

import {
  afterPowerLoss,
  createFileSystem,
  dataOf,
  fileSystemKey,
  forget,
  NUL,
  type FileSystem,
} from './file-system.js';
import { holdsRecord, isRecord, linesIn } from './lines.js';
import { restarted, writerKey, type Writer } from './writers.js';

/** What can be left out of head removal in place. */
export const IN_PLACE_PARTS = {
  intent: 'note the intent before anything is changed',
  'fsync-intent': 'fsync the directory after the intent',
  fillers: 'two filler lines where the cut will be',
  'fsync-fillers': 'fdatasync the fillers before the collapse',
  'own-process': 'the process that holds the lock makes the call',
  'fsync-collapse': 'fdatasync the collapse before the intent goes',
  'fsync-end': 'fsync the directory after the intent is gone',
  'repair-fsync': 'fsync the directory before a repair',
  'check-inode': 'drop the intent for another file',
  'search-nuls': 'search for NULs',
  'collapse-most': 'collapse NULs that reach the end of the file but for its last block',
  'no-redo': 'not redo what the intent says',
  blanks: 'blanks over what cannot be collapsed',
  'blanks-newline': 'a newline at the end of the blanks',
  'no-truncate': 'never truncate',
  'check-filler': 'look for filler 2 at the start',
  'check-nonce': 'look for filler 2 of this intent',
  rewrite: 'write the fillers again when the collapse did not happen',
} as const;

export type InPlacePart = keyof typeof IN_PLACE_PARTS;

/** Cut at `a`, from which on filler 2 reaches to `k`; filler 1 fills `s` to `a`. */
export interface Intent {
  a: number;
  s: number;
  k: number;
  inode: number;
  nonce: number;
}

export interface InPlaceRun {
  step: string;
  log: number;
  intent: Intent | undefined;
  /** A run of NULs. */
  from: number;
  to: number;
  /** The step after a collapse. */
  then: string;
}

/**
 * A collapse that is under way in the kernel. A call of the process that holds the lock has ended, done or not,
 * before its lock is free. One of a child would go on: a second run could repair what it still removes. With a child
 * the protocol needed a lock that the child inherits.
 */
export interface Collapse {
  inode: number;
  at: number;
  length: number;
  /** It belongs to the run that is under way. */
  own: boolean;
}

export interface InPlaceWorld {
  fs: FileSystem;
  run: InPlaceRun;
  collapses: readonly Collapse[];
  compactions: number;
  nonce: number;
  writers: readonly Writer[];
  faults: { kills: number; powerLosses: number; tornWriters: number; replacements: number };
  /** Records that must survive, in their order. */
  acknowledged: string;
  glued: string;
  promised: string;
}

export interface InPlaceSetup {
  log: string;
  expired: string;
  writers: readonly Writer[];
  faults: Partial<InPlaceWorld['faults']>;
  compactions: number;
  without: readonly InPlacePart[];
}

export const RESTING: InPlaceRun = {
  step: 'idle',
  log: -1,
  intent: undefined,
  from: 0,
  to: 0,
  then: '',
};

export function createInPlaceWorld(setup: InPlaceSetup): InPlaceWorld {
  const faults = { kills: 0, powerLosses: 0, tornWriters: 0, replacements: 0, ...setup.faults };
  const letters = linesIn(setup.log)
    .filter((line) => isRecord(line) && !setup.expired.includes(line.slice(0, 1)))
    .map((line) => line.slice(0, 1))
    .join('');
  return {
    fs: createFileSystem(setup.log, faults.powerLosses > 0),
    run: RESTING,
    collapses: [],
    compactions: setup.compactions,
    nonce: 1,
    writers: setup.writers,
    faults,
    acknowledged: letters,
    glued: '',
    promised: letters,
  };
}

export function keeps(setup: InPlaceSetup, part: InPlacePart): boolean {
  return !setup.without.includes(part);
}

export function withoutNuls(text: string): string {
  return text.replaceAll(NUL, '');
}

export function inPlacePowerLosses(world: InPlaceWorld): InPlaceWorld[] {
  const faults = { ...world.faults, powerLosses: world.faults.powerLosses - 1 };
  return afterPowerLoss(world.fs, faults.powerLosses > 0).map((fs) => {
    const text = withoutNuls(dataOf(fs, fs.names.log ?? -1));
    const owed = (letter: string): boolean =>
      world.promised.includes(letter) || holdsRecord(text, letter);
    const acknowledged = [...world.acknowledged].filter(owed).join('');
    const glued = [...world.glued].filter(owed).join('');
    return tidy({
      ...world,
      fs,
      faults,
      acknowledged,
      glued,
      run: RESTING,
      collapses: [],
      writers: world.writers.map(restarted),
      promised: [...acknowledged, ...glued].sort().join(''),
    });
  });
}

export function tidy(world: InPlaceWorld): InPlaceWorld {
  const open = [...world.writers, ...world.collapses].map((one) => one.inode);
  const fs = forget(world.fs, [...open, world.run.log]);
  return { ...world, fs, promised: fs.canLose ? world.promised : '' };
}

export function inPlaceKey(world: InPlaceWorld): string {
  const { run, faults } = world;
  return [
    fileSystemKey(world.fs),
    run.step,
    run.log,
    JSON.stringify(run.intent),
    run.from,
    run.to,
    run.then,
    JSON.stringify(world.collapses),
    world.compactions,
    world.nonce,
    world.writers.map(writerKey).join('|'),
    faults.kills,
    faults.powerLosses,
    faults.tornWriters,
    faults.replacements,
    world.acknowledged,
    world.glued,
    world.promised,
  ].join(';');
}

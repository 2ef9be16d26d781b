import { dataOf, type FileSystem } from './file-system.js';
import { countRecord, holdsBytes, holdsRecord } from './lines.js';
import { lettersOf, live, oldLinks, type Setup, type World } from './replace-world.js';

/** What is wrong with a state, in words. */
export function violation(world: World, setup: Setup): string | undefined {
  const { fs, run } = world;
  const log = fs.names.log;
  if (log === undefined) return 'the path of the log names nothing';
  return (
    nothingLost(world) ??
    startIsReadable(world, setup) ??
    (run.step === 'done' ? atTheEnd(world, setup) : undefined) ??
    (run.step === 'kept' ? whenKept(world) : undefined) ??
    (run.step === 'reported' && fs.names.moved === undefined
      ? 'papyra takes its own leftovers for the work of somebody else'
      : undefined)
  );
}

/** Every record that must survive has a name, or can be brought back under one. */
function nothingLost(world: World): string | undefined {
  const texts = readable(world.fs);
  for (const letter of lettersOf(world)) {
    if (!texts.some((text) => holdsRecord(text, letter))) return `record ${letter} is lost`;
  }
  const cut = [...world.unended].find((letter) => !texts.some((text) => holdsBytes(text, letter)));
  return cut === undefined ? undefined : `the bytes of unended record ${cut} are lost`;
}

/** What was there when the first run began is on the path at any time. */
function startIsReadable(world: World, setup: Setup): string | undefined {
  if (world.fs.names.moved !== undefined) return undefined;
  const text = dataOf(world.fs, world.fs.names.log ?? -1);
  for (const letter of live(setup.log, setup.expired)) {
    if (countRecord(text, letter) === 0) return `record ${letter} is not on the path`;
  }
  return undefined;
}

function atTheEnd(world: World, setup: Setup): string | undefined {
  const { names } = world.fs;
  if (names.temp !== undefined) return 'a temp is left';
  if (oldLinks(names).length > 0) return 'an old link is left';
  if (names.moved !== undefined) return undefined;
  const text = dataOf(world.fs, names.log ?? -1);
  for (const letter of lettersOf(world)) {
    const { least, most } = owed(world, letter);
    const count = countRecord(text, letter);
    if (count < least) return `record ${letter} is missing after the run`;
    if (count > most) return `record ${letter} is there twice after the run`;
    if (!holdsRecord(text, letter)) return `glued record ${letter} is missing after the run`;
  }
  const again = [...world.unended].find((letter) => countRecord(text, letter) > 1);
  if (again !== undefined) return `unended record ${again} is there twice after the run`;
  if (world.run.recovering) return undefined;
  const left = [...setup.expired].find((letter) => countRecord(text, letter) > 0);
  return left === undefined ? undefined : `expired record ${left} is left`;
}

function whenKept(world: World): string | undefined {
  const { names } = world.fs;
  if (names.moved !== undefined) return undefined;
  const text = dataOf(world.fs, names.log ?? -1);
  if (names.temp !== undefined) return 'a temp is left';
  for (const letter of lettersOf(world)) {
    if (countRecord(text, letter) > owed(world, letter).most) return `record ${letter} is twice`;
  }
  return undefined;
}

/**
 * Equal records on both sides of a rename cannot be told from one record that was carried over: of
 * those the larger side is owed. One that was glued by its writers is owed as bytes only.
 */
function owed(world: World, letter: string): { least: number; most: number } {
  const files = new Map<string, number>();
  let most = world.glued.includes(letter) ? 1 : 0;
  for (const entry of world.acknowledged) {
    if (!entry.startsWith(letter)) continue;
    const file = entry.slice(1);
    files.set(file, (files.get(file) ?? 0) + 1);
    most += 1;
  }
  return { least: Math.max(0, ...files.values()), most };
}

function readable(fs: FileSystem): string[] {
  const names = ['log', 'moved', ...oldLinks(fs.names)];
  return names.flatMap((name) => {
    const inode = fs.names[name];
    return inode === undefined ? [] : [dataOf(fs, inode)];
  });
}

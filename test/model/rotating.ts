import { explore, type Exploration, type Model, type Move } from './explore.js';

/**
 * The protocol of a rotating set, as src/backends/rotating/execute.ts has it. A file is a text, a letter a
 * record: `e` has expired, each other letter is one record that must stay. The runtime rotates before an
 * append that would pass `max`, one rename after the other, unless the top name is taken.
 */
export interface RotatingSetup {
  /** The files at the start, the active one first; null: no such file. */
  files: (string | null)[];
  max: number;
  /** What the runtime appends. */
  appends: string;
  kills: number;
  without: readonly RotatingPart[];
}

/** Parts of the protocol that can be left out. */
export const ROTATING_PARTS = ['upward', 'downward', 'only-rotated', 'zone', 'inode-again', 'hole', 'fresh', 'drain', 'top-last'] as const; // prettier-ignore
export type RotatingPart = (typeof ROTATING_PARTS)[number];

interface Runtime {
  left: string;
  /** At rest; the name it renames next (0: the active one); or the file that it has open. */
  doing: { at: 'rest' } | { at: 'renaming'; from: number } | { at: 'open'; file: number };
}

interface Papyra {
  step: 'open' | 'plan' | 'empty' | 'shrink' | 'unlink' | 'active' | 'drain' | 'top' | 'done';
  /** Where in its step it is, and what it has found out. */
  index: number;
  opened: { file: number; index: number; text: string }[];
  /** Sizes of the files by name as far as it has looked, one name after the other; -1: no such name. */
  stats: number[];
  /** The zone was looked at, and what is to be used then: the runtime may come in between. */
  looked: boolean;
  /** The name that was found for the file; -1: not yet. */
  found: number;
  /** Appends of the runtime since then: the margin of a small file is larger. */
  since: number;
  wasFull: boolean;
  taken: number;
}

interface World {
  files: string[];
  /** File numbers by name; -1: no such name. */
  names: number[];
  /** Second names: of the file that was replaced, and of the one that replaced it. */
  old: number;
  fresh: number;
  /** The runtime has renamed to the top name and not appended since. */
  justRotated: boolean;
  runtime: Runtime;
  papyra: Papyra;
  kills: number;
}

const START: Papyra = {
  step: 'open',
  index: 0,
  opened: [],
  stats: [],
  looked: false,
  found: -1,
  since: 0,
  wasFull: false,
  taken: 0,
};
/** So many appends fit into the moment between a look and what follows it; a small file has room for more. */
const MOMENT = 1;

export function exploreRotating(setup: RotatingSetup, bound: number): Exploration {
  return explore(modelOf(setup), bound);
}

function modelOf(setup: RotatingSetup): Model<World> {
  const files = setup.files.filter((text): text is string => text !== null);
  let number = 0;
  const initial: World = {
    files,
    names: setup.files.map((text) => (text === null ? -1 : number++)),
    old: -1,
    fresh: -1,
    justRotated: false,
    runtime: { left: setup.appends, doing: { at: 'rest' } },
    papyra: START,
    kills: setup.kills,
  };
  const written = (world: World) =>
    setup.appends.slice(0, setup.appends.length - world.runtime.left.length);
  const live = (text: string) => [...text].filter((letter) => letter !== 'e');
  return {
    initial,
    next: (world) => [...runtimeMoves(world, setup), ...papyraMoves(world, setup), ...kills(world)],
    key: (world) => JSON.stringify(world),
    settled: ({ papyra, runtime }) => papyra.step === 'done' && runtime.left === '',
    violation: (world) => {
      const named = [...world.names, world.old, world.fresh].filter((file) => file >= 0);
      const there = [...new Set(named)].map((file) => world.files[file]!).join('');
      const must = [...live(files.join('')), ...live(written(world))];
      const lost = must.find((letter) => !there.includes(letter));
      if (lost !== undefined) return `record ${lost} is lost`;
      if (world.papyra.step !== 'done') return undefined;
      const inSet = world.names.map((file) => world.files[file] ?? '').join('');
      const wrong = must.find((letter) => inSet.split(letter).length !== 2);
      return wrong === undefined ? undefined : `record ${wrong} is in the set ${inSet.split(wrong).length - 1} times`; // prettier-ignore
    },
    describe: ({ files: texts, names, old, fresh, runtime, papyra }) =>
      `${names.map((file) => (file < 0 ? '·' : texts[file] || '∅')).join(' ')} old ${texts[old] ?? '·'} new ${texts[fresh] ?? '·'} runtime ${JSON.stringify(runtime.doing)} papyra ${papyra.step} ${papyra.index}`,
  };
}

function runtimeMoves(world: World, setup: RotatingSetup): Move<World>[] {
  const { max } = setup;
  const { names, files, runtime } = world;
  const { doing, left } = runtime;
  const top = names.length - 1;
  const as = (now: Runtime['doing'], change: Partial<World> = {}): World => ({
    ...world,
    ...change,
    runtime: { left: change.runtime?.left ?? left, doing: now },
  });
  switch (doing.at) {
    case 'rest': {
      if (left === '') return [];
      const full = names[0]! >= 0 && files[names[0]!]!.length + 1 > max;
      if (full && names[top]! < 0 && top > 0) {
        return [
          { words: 'runtime begins to rotate', state: as({ at: 'renaming', from: top - 1 }) },
        ];
      }
      return [{ words: 'runtime opens', state: opened() }];
    }
    case 'renaming': {
      const { from } = doing;
      if (names[from]! < 0) return [{ words: 'runtime skips a name', state: rotated(from, names) }];
      const moved = [...names];
      moved[from + 1] = names[from]!;
      moved[from] = -1;
      return [{ words: 'runtime renames', state: rotated(from, moved) }];
    }
    case 'open': {
      // One append too many for the moment that a small file leaves: it does not come.
      const inMoment = world.papyra.looked || hasSeenActive(world.papyra, names.length, setup);
      if (inMoment && world.papyra.since >= MOMENT) return [];
      const texts = [...files];
      texts[doing.file] = `${texts[doing.file]!}${left[0]!}`;
      const papyra = { ...world.papyra, since: inMoment ? world.papyra.since + 1 : 0 };
      const state = { ...world, files: texts, justRotated: false, papyra, runtime: { left: left.slice(1), doing: { at: 'rest' as const } } }; // prettier-ignore
      return [{ words: 'runtime appends', state }];
    }
  }

  function opened(): World {
    if (names[0]! >= 0) return as({ at: 'open', file: names[0]! });
    const created = [...names];
    created[0] = files.length;
    return { ...as({ at: 'open', file: files.length }), files: [...files, ''], names: created };
  }

  function rotated(from: number, now: number[]): World {
    const justRotated = world.justRotated || (from === top - 1 && now[top]! >= 0);
    if (from > 0) return as({ at: 'renaming', from: from - 1 }, { names: now, justRotated });
    return { ...as({ at: 'rest' }, { names: now, justRotated }) };
  }
}

function papyraMoves(world: World, setup: RotatingSetup): Move<World>[] {
  const { papyra, names, files } = world;
  const has = (part: RotatingPart) => !setup.without.includes(part);
  const top = names.length - 1;
  const go = (change: Partial<Papyra>, rest: Partial<World> = {}): World => ({
    ...world,
    ...rest,
    papyra: { ...papyra, stats: [], looked: false, found: -1, since: 0, ...change },
  });
  const move = (words: string, state: World): Move<World>[] => [
    { words: `papyra ${words}`, state },
  ];
  const staying = (text: string) => text.replaceAll('e', '');
  const zoneOf = (sizes: number[]): 'full' | 'small' | 'grey' => {
    const [active, highest] = [sizes[0]!, sizes[top]!];
    const whole = !sizes.includes(-1) || !has('hole');
    const isFull = papyra.wasFull || (active > setup.max && (!world.justRotated || whole));
    if (highest >= 0 && isFull) return 'full';
    return active >= 0 && active <= setup.max - MOMENT - 1 ? 'small' : 'grey';
  };
  const nameOf = (file: number) => names.indexOf(file, has('only-rotated') ? 1 : 0);

  switch (papyra.step) {
    case 'open': {
      // Recovery: what a killed run left behind the rename is brought over first.
      if (world.old >= 0) {
        if (world.fresh < 0) return move('drops a name', go({}, { old: -1 }));
        const missing = [...files[world.old]!].filter((letter) => letter !== 'e' && !files[world.fresh]!.includes(letter)); // prettier-ignore
        if (missing.length === 0 && held(world, world.old)) return [];
        const texts = [...files];
        texts[world.fresh] = `${texts[world.fresh]!}${missing.join('')}`;
        if (missing.length > 0) return move('brings over', go({}, { files: texts }));
        return move('ends the recovery', go({}, { old: -1, fresh: -1 }));
      }
      const index = has('upward') ? papyra.index : top - papyra.index;
      if (papyra.index > top) return move('has opened all', go({ step: 'plan', index: 0 }));
      const file = names[index]!;
      const known = file < 0 || papyra.opened.some((one) => one.file === file);
      const opened = known ? papyra.opened : [...papyra.opened, { file, index, text: '' }];
      return move('opens', go({ index: papyra.index + 1, opened }));
    }
    case 'plan': {
      const opened = papyra.opened.map((one) => ({ ...one, text: files[one.file]! }));
      return move('plans', go({ step: 'empty', index: 0, opened }));
    }
    case 'empty': {
      const one = papyra.opened[papyra.index];
      if (!one) return move('has emptied', go({ step: 'shrink', index: 0 }));
      const next = { index: papyra.index + 1 };
      if ((one.index === 0 && has('only-rotated')) || staying(one.text) !== '') return move('leaves', go(next)); // prettier-ignore
      const texts = [...files];
      texts[one.file] = '';
      return move('empties', go(next, { files: texts }));
    }
    case 'shrink': {
      const one = papyra.opened[papyra.index];
      if (!one) return move('has shrunk', go({ step: 'unlink', index: 1 }));
      const next = { index: papyra.index + 1 };
      const text = staying(one.text);
      if (one.index === 0 || text === '' || text === one.text) return move('leaves', go(next));
      return used(one.file, next, (name) => {
        const now = [...names];
        now[name] = files.length;
        return { files: [...files, text], names: now };
      });
    }
    case 'unlink': {
      if (papyra.index > top) return move('has unlinked', go({ step: 'active', index: 0 }));
      const next = { index: papyra.index + 1 };
      const file = names[papyra.index]!;
      if (!papyra.looked && (file < 0 || files[file] !== '')) return move('leaves', go(next));
      const keepTop = has('top-last') && papyra.looked && papyra.index === top && papyra.wasFull;
      if (keepTop) return move('keeps the top', go(next));
      return used(file, next, (name) => ({
        names: names.map((one, at) => (at === name ? -1 : one)),
      }));
    }
    case 'active': {
      const one = papyra.opened.find(({ index }) => index === 0);
      if (!one || staying(one.text) === one.text) return move('leaves it', go({ step: 'top', index: 0 })); // prettier-ignore
      if (!papyra.looked) return look({ step: 'top', index: 0 });
      const moved = names[0] !== one.file;
      if (papyra.found < 0 && moved && has('inode-again'))
        return move('finds it moved', go({ step: 'top', index: 0 }));
      if (papyra.found < 0) return move('finds it there', go({ looked: true, found: 0, since: papyra.since })); // prettier-ignore
      // The last catch-up, and at once the rename.
      const text = staying(one.text) + files[one.file]!.slice(one.text.length);
      const now = [files.length, ...names.slice(1)];
      const drain = go({ step: 'drain', taken: files[one.file]!.length }, {
        files: [...files, text],
        names: now,
        old: one.file,
        fresh: has('fresh') ? files.length : -1,
      }); // prettier-ignore
      return move('replaces the active file', drain);
    }
    case 'drain': {
      const late = has('drain') ? files[world.old]!.slice(papyra.taken) : '';
      const into = has('fresh') ? world.fresh : names[0]!;
      if (late !== '' && into >= 0) {
        const texts = [...files];
        texts[into] = `${texts[into]!}${late}`;
        return move('drains', go({ taken: files[world.old]!.length }, { files: texts }));
      }
      if (has('drain') && (held(world, world.old) || into < 0)) return [];
      return move('drops the old file', go({ step: 'top', index: 0 }, { old: -1, fresh: -1 }));
    }
    case 'top': {
      const file = names[top]!;
      if (top === 0 || file < 0 || files[file] !== '') return move('is done', go({ step: 'done' }));
      return used(file, { step: 'done' }, () => ({ names: [...names.slice(0, top), -1] }));
    }
    case 'done':
      return [];
  }

  /** Looks at the zone; grey: leaves this part. */
  function look(otherwise: Partial<Papyra>): Move<World>[] {
    const count = papyra.stats.length;
    if (count <= top && has('zone')) {
      const index = has('downward') ? top - count : count;
      const size = names[index]! < 0 ? -1 : files[names[index]!]!.length;
      return move('looks at a name', go({ stats: [...papyra.stats, size], since: papyra.since }));
    }
    const sizes = has('downward') ? papyra.stats.toReversed() : papyra.stats;
    const seen = has('zone') ? zoneOf(sizes) : 'small';
    if (seen === 'grey') return move('finds names moving', go(otherwise));
    const wasFull = papyra.wasFull || seen === 'full';
    return move('knows', go({ looked: true, wasFull, since: papyra.since }));
  }

  /** Zone, then the name that the file has now, then at once what is done with it. */
  function used(
    file: number,
    next: Partial<Papyra>,
    change: (name: number) => Partial<World>,
  ): Move<World>[] {
    if (!papyra.looked) return look(next);
    if (papyra.found >= 0) return move('uses the name', go(next, change(papyra.found)));
    const opened = papyra.opened.find((one) => one.file === file)?.index ?? nameOf(file);
    const name = has('inode-again') ? nameOf(file) : Math.max(1, opened);
    if (name < 1) return move('finds it gone', go(next));
    return move('finds a name', go({ looked: true, found: name, since: papyra.since }));
  }
}

/** From the look at the active file on, the moment counts. */
function hasSeenActive({ stats }: Papyra, names: number, { without }: RotatingSetup): boolean {
  return without.includes('downward') ? stats.length > 0 : stats.length === names;
}

/** The runtime has a file open, or is about to write to it. */
function held({ runtime }: World, file: number): boolean {
  return runtime.doing.at === 'open' && runtime.doing.file === file;
}

function kills(world: World): Move<World>[] {
  if (world.kills === 0 || world.papyra.step === 'done') return [];
  return [{ words: 'papyra is killed', state: { ...world, kills: world.kills - 1, papyra: START }, fault: true }]; // prettier-ignore
}

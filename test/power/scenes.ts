// The protocols that are tried: of each the store before the run, the run, and what must hold of what is left.
import { appendFileSync, closeSync, fsyncSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { papyra } from '../support/papyra.js';
import { ARCHIVE, expectArchived, expectDone, expectEqual, expectQuarantined, expectReadable, expectWhole, EXPIRED, LATE, LOG, QUARANTINE, recordsBeforeNuls, row, text } from './checks.js'; // prettier-ignore
import { namesOf, writeImage, type Image } from './image.js';
import { apply, type Recorded } from './operations.js';
import { INDEX_SCENES } from './index-scenes.js';
import { joined } from './joined.js';
import { make, recorded, type PlacedScene } from './placed.js';
import type { Recording } from './recorder.js';
import type { Task } from './runner.js';

interface Store {
  files: Record<string, string>;
  kept: string[];
  dropped: number;
  backend?: 'rotating';
  archive?: boolean;
  inPlace?: boolean;
  on?: PlacedScene['on'];
}

const AGE = '52w';
/** Three blocks of what has expired, and three of what stays. */
const HEAD = 400;
const KEPT = row(0, 150);

function compaction(name: string, store: Store): PlacedScene {
  const { kept, dropped, backend, archive, inPlace, on = 'memory' } = store;
  const command = (root: string): string[] => [
    ...['persistence', 'compact', '--path', join(root, LOG), '--max-age', AGE],
    ...(backend ? ['--backend', backend] : []),
    ...(archive ? ['--archive', join(root, ARCHIVE)] : []),
    ...(inPlace ? ['--in-place'] : []),
  ];
  const task = (root: string): Task => ({
    do: 'compact',
    persistence: {
      backend: backend ?? 'json',
      path: join(root, LOG),
      retention: { max_age_seconds: AGE },
      ...(archive ? { archive: { dir: join(root, ARCHIVE) } } : {}),
    },
    options: inPlace ? { inPlace } : {},
  });
  return {
    name,
    on,
    command,
    task,
    appendsTo: LOG,
    record: (root) => {
      make(root, store.files);
      return recorded(root, command(root));
    },
    before: ({ names, isCutShort }, promised) => {
      expectReadable(names, kept, promised, { torn: isCutShort ? 1 : 0 });
      if (archive) expectArchived(names, dropped);
    },
    after: (after, promised) => {
      // Of a head that is shorter than some blocks nothing can go in place.
      expectDone(after, kept, promised, { expiredBytes: inPlace ? 2 * 4096 + 200 : 0 });
      if (archive) expectArchived(after.names, dropped);
    },
  };
}

const ONE = { [LOG]: text(Array(HEAD).fill(EXPIRED) as string[]) + text(KEPT) };
const ONE_LOG: Store = { files: ONE, kept: KEPT, dropped: HEAD };
const expired = (count: number): string => text(Array(count).fill(EXPIRED) as string[]);

/** Nothing of .3 stays, some of .2 and of the active file, all of .1. */
const SET: Store = {
  files: {
    [`${LOG}.3`]: expired(130),
    [`${LOG}.2`]: expired(130) + text(row(0, 60)),
    [`${LOG}.1`]: text(row(60, 90)),
    [LOG]: expired(130) + text(row(90, 150)),
  },
  kept: KEPT,
  dropped: 390,
  backend: 'rotating',
};
/** The same for blocks: each head is longer than two of them. */
const LONG_SET: Store = {
  ...SET,
  files: {
    [`${LOG}.2`]: expired(260) + text(row(0, 60)),
    [`${LOG}.1`]: text(row(60, 90)),
    [LOG]: expired(260) + text(row(90, 150)),
  },
  dropped: 520,
};

/** A rewrite to which late records come: the NULs of a cut one may stand before it. */
function lateScene(
  name: string,
  store: Store,
  recordOf: (root: string, scene: PlacedScene) => Promise<Recording>,
): PlacedScene {
  const scene = compaction(name, store);
  return {
    ...scene,
    after: (done, promised) => {
      expectDone(done, KEPT, promised, { mayHaveNuls: true });
    },
    record: (root) => recordOf(root, scene),
  };
}

/** A writer opens the log before the rename, and writes after it: what it wrote is on the disk, in the old file. */
function lateWriter(name: string, store: Store): PlacedScene {
  return lateScene(name, store, async (root, scene) => {
    make(root, store.files);
    const log = join(root, LOG);
    const directory = join(root, 'data');
    const write = async (): Promise<void> => {
      const isLinked = () => readdirSync(directory).some((name) => name.includes('.papyra.old.'));
      const { ino } = statSync(log);
      while (!isLinked()) await sleep(1);
      const fd = openSync(log, 'a');
      while (statSync(log).ino === ino) await sleep(1);
      writeSync(fd, text(LATE));
      fsyncSync(fd);
      closeSync(fd);
    };
    // It has the log open and must not be seen before; the rename returns when it has written.
    const options = ['-e', 'inject=linkat,link:delay_exit=100000', '-e', 'inject=rename,renameat,renameat2:delay_exit=300000']; // prettier-ignore
    const recording = await recorded(root, scene.command(root), {
      options,
      meanwhile: write,
      others: true,
    });
    return { ...recording, operations: withWriter(recording, LATE) };
  });
}

/** How many calls there are up to the one that puts the new log in place of the old one. */
function afterRename(operations: readonly Recorded[]): number {
  return operations.findIndex((one) => one.do === 'rename' && one.name === 'events.ndjson') + 1;
}

/** Puts what a writer did to the old file where it did it: right after the rename. */
function withWriter({ start, operations }: Recording, lines: string[]): Recorded[] {
  const log = start.entries.get(start.entries.get(start.root)!.get('data')!)!.get('events.ndjson')!;
  const at = afterRename(operations);
  const size = start.nodes.get(log)!.content.length;
  const writer: Recorded[] = [
    { do: 'write', inode: log, at: size, bytes: Buffer.from(text(lines)), withNext: true, text: 'a writer appends to the old file' }, // prettier-ignore
    { do: 'sync', inode: log, data: false, withNext: true, text: 'the writer syncs the old file' },
    { do: 'promise', lines, text: 'the writer is told that its lines are on the disk' },
  ];
  return [...operations.slice(0, at), ...writer, ...operations.slice(at)];
}

/** A run was killed after the rename, and late records came to the old file: what cleans up is recorded. */
function cleanUp(): PlacedScene {
  const rewrite = compaction('rewrite', ONE_LOG);
  const torn = '{"kind": "event", "n": 7777';
  const kept = [...KEPT];
  const scene = compaction('clean-up after a kill', { ...ONE_LOG, kept });
  return {
    ...scene,
    record: async (root) => {
      const killed = await rewrite.record(root);
      put(root, after(killed, afterRename(killed.operations)));
      const data = join(root, 'data');
      const old = readdirSync(data).find((name) => name.includes('.papyra.old.'))!;
      appendFileSync(join(data, old), text(LATE) + torn);
      const recording = await recorded(root, scene.command(root));
      return { ...recording, promised: LATE };
    },
    before: ({ names }, promised) => {
      expectReadable(names, kept, promised);
    },
    after: (done, promised) => {
      const isTorn = ({ path }: { path: string }) => path === LOG;
      const ends = done.names.filter(isTorn).map(({ node }) => node.content.toString().split(torn).length - 1); // prettier-ignore
      expectEqual(ends.map(String), ['1'], 'the torn line: ');
      expectDone(done, [...kept, torn], promised, { mayHaveNuls: true });
    },
  };
}

/** A run is killed after the rename, with late records in the old file, and the next one cleans up: the power goes in either. */
function twoRuns(name: string, store: Store): PlacedScene {
  return lateScene(name, store, async (root, scene) => {
    const first = await scene.record(root);
    const calls = withWriter(first, LATE);
    const killed = calls.slice(0, calls.findIndex((one) => one.do === 'promise') + 1);
    const image = after({ ...first, operations: killed }, killed.length);
    put(root, image);
    return joined(first.start, killed, image, await recorded(root, scene.command(root)));
  });
}

/** A removal in place was cut short by a power loss: what repairs it is recorded. */
function repairInPlace(): PlacedScene {
  const scene = compaction('in place, repaired', { ...ONE_LOG, inPlace: true, on: 'ext4' });
  return {
    ...scene,
    record: async (root) => {
      const first = await compaction('', { ...ONE_LOG, inPlace: true }).record(root);
      const at = first.operations.findIndex(({ do: what }) => what === 'collapse');
      const collapse = first.operations[at] as Extract<Recorded, { do: 'collapse' }>;
      const image = after(first, at);
      const node = image.nodes.get(collapse.inode)!;
      const { content } = node;
      const moved = 4096;
      node.content = Buffer.concat([content.subarray(collapse.length, collapse.length + moved), Buffer.alloc(collapse.length), content.subarray(collapse.length + moved)]); // prettier-ignore
      const intent = namesOf(image).find(({ path }) => path.endsWith('.intent'))!;
      const old = intent.node.content.toString();
      rmSync(root, { recursive: true });
      writeImage(root, namesOf(image), (named, done) => {
        if (named.path !== intent.path) return named.node.content;
        const { ino, birthtimeNs } = statSync(done.get(collapse.inode)!, { bigint: true });
        return Buffer.from([...old.split('.').slice(0, -2), ino.toString(36), (birthtimeNs / 1_000_000n).toString(36)].join('.')); // prettier-ignore
      });
      return recorded(root, scene.command(root));
    },
    before: ({ names }, promised) => {
      expectReadable(names, KEPT, promised, { torn: 2 });
    },
  };
}

/** The tree after so many operations, with nothing lost. */
function after({ start, operations }: Recording, count: number): Image {
  const image: Image = {
    root: start.root,
    nodes: new Map([...start.nodes].map(([inode, node]) => [inode, { ...node }])),
    entries: new Map([...start.entries].map(([inode, names]) => [inode, new Map(names)])),
  };
  for (const operation of operations.slice(0, count)) apply(image, operation);
  return image;
}

function put(root: string, image: Image): void {
  rmSync(root, { recursive: true });
  writeImage(root, namesOf(image));
}

/** More than a megabyte stays: it is shared with the old file. */
const MANY = row(0, 45_000);
function clone(): PlacedScene {
  const kept = MANY;
  const files = { [LOG]: expired(3000) + text(kept) };
  const scene = compaction('clone', { files, kept, dropped: 3000, on: 'xfs' });
  return {
    ...scene,
    most: 200,
    record: async (root) => {
      const recording = await scene.record(root);
      if (!recording.operations.some((one) => one.do === 'write' && one.shared))
        throw new Error('no block was shared');
      return recording;
    },
  };
}

interface Damage {
  files: Record<string, string>;
  kept: string[];
  damaged: string[];
  quarantine?: boolean;
  backend?: 'rotating';
}

const GARBAGE = ['\0'.repeat(700), '{"kind": "event", "n": 12{"kind": "event"}', 'text'];
const TORN = '{"kind": "event", "n": 300, "time';
const damagedLines = (from: number, to: number): string =>
  row(from, to).map((line, at) => `${line}\n${at % 40 === 7 ? `${GARBAGE[((at - 7) / 40) % 3]}\n` : ''}`).join(''); // prettier-ignore

function recovery(name: string, damage: Damage): PlacedScene {
  const { kept, damaged, quarantine, backend } = damage;
  const command = (root: string): string[] => [
    ...['persistence', 'recover', '--path', join(root, LOG), '--max-drop', '100%'],
    ...(backend ? ['--backend', backend] : []),
    ...(quarantine ? ['--mode', 'quarantine', '--quarantine-dir', join(root, QUARANTINE)] : []),
  ];
  return {
    name,
    on: 'memory',
    command,
    task: (root) => ({
      do: 'recover',
      persistence: { backend: backend ?? 'json', path: join(root, LOG) },
      options: {
        maxDrop: 1,
        ...(quarantine ? { mode: 'quarantine', quarantineDir: join(root, QUARANTINE) } : {}),
      },
    }),
    record: (root) => {
      make(root, damage.files);
      return recorded(root, command(root));
    },
    before: ({ names }) => {
      // A record that lacks its newline alone is one.
      expectEqual(recordsBeforeNuls(names), kept);
      if (quarantine) expectQuarantined(names, damaged);
    },
    after: (after) => {
      expectDone(after, kept);
      if (quarantine) expectQuarantined(after.names, damaged);
    },
  };
}

const RECOVERIES: Record<string, Damage> = {
  'recovery, rewritten': {
    files: { [LOG]: damagedLines(0, 150) + TORN },
    kept: KEPT,
    damaged: [...GARBAGE, TORN],
  },
  'recovery, cut off in place': { files: { [LOG]: text(KEPT) + TORN }, kept: KEPT, damaged: [TORN] },
  'recovery, newline': { files: { [LOG]: text(KEPT).trimEnd() }, kept: KEPT, damaged: [] },
  'recovery, to quarantine': {
    files: { [LOG]: damagedLines(0, 150) + TORN },
    kept: KEPT,
    damaged: [...GARBAGE, TORN],
    quarantine: true,
  },
  'recovery of a set, to quarantine': {
    files: {
      [`${LOG}.2`]: text(row(0, 50)) + TORN,
      [`${LOG}.1`]: damagedLines(50, 100),
      [LOG]: damagedLines(100, 150) + TORN,
      [`${LOG}.7`]: 'orphan\n',
    },
    kept: KEPT,
    damaged: [...GARBAGE.slice(0, 2), TORN],
    quarantine: true,
    backend: 'rotating',
  },
}; // prettier-ignore

/** A second run: counters and textfile are there, and are replaced. */
function metrics(): PlacedScene {
  const scene = compaction('metrics and textfile', ONE_LOG);
  const textfile = 'papyra.prom';
  const counters = 'data/.papyra/events.ndjson.metrics.json';
  const configOf = (root: string): string => join(root, 'config.json');
  const task = (root: string): Task => ({ ...scene.task(root), metrics: { textfile: join(root, textfile) } }); // prettier-ignore
  const command = (root: string): string[] => ['persistence', 'compact', '--config', configOf(root)];
  const isText = (content: string): boolean => content.startsWith('# HELP papyra_') && content.endsWith('# EOF\n'); // prettier-ignore
  const runs = (content: string): number => {
    try {
      return (JSON.parse(content) as { counters: { compactions_run: number } }).counters.compactions_run; // prettier-ignore
    } catch {
      return -1;
    }
  };
  const between = (least: number) => (content: string) => runs(content) >= least && runs(content) <= least + 1; // prettier-ignore
  return {
    ...scene,
    task,
    command,
    record: async (root) => {
      make(root, ONE);
      const { persistence, metrics: section } = task(root);
      writeFileSync(configOf(root), JSON.stringify({ persistence, metrics: section }));
      const first = await papyra(command(root));
      if (first.code !== 0) throw new Error(first.stderr);
      const log = join(root, LOG);
      writeFileSync(log, ONE[LOG]);
      return recorded(root, command(root));
    },
    before: (state, promised) => {
      scene.before(state, promised);
      expectWhole(state.names, counters, between(1), false);
      expectWhole(state.names, textfile, isText, false);
    },
    after: (done, promised) => {
      const warnings = done.outcome.warnings.filter((warning) => warning.includes('metrics'));
      expectEqual(warnings, [], 'warnings: ');
      expectWhole(done.names, counters, between(2), false);
      expectWhole(done.names, textfile, isText, false);
      scene.after(done, promised);
    },
  };
} // prettier-ignore

export const SCENES: PlacedScene[] = [
  compaction('rewrite', ONE_LOG),
  compaction('rewrite with archive', { ...ONE_LOG, archive: true }),
  lateWriter('rewrite, a record comes late', ONE_LOG),
  cleanUp(),
  twoRuns('two runs, the first killed', ONE_LOG),
  compaction('in place', { ...ONE_LOG, inPlace: true, on: 'ext4' }),
  compaction('in place with archive', { ...ONE_LOG, inPlace: true, archive: true, on: 'ext4' }),
  repairInPlace(),
  clone(),
  compaction('rotating set', SET),
  lateWriter('rotating set, a record comes late', SET),
  twoRuns('two runs on a set, the first killed', SET),
  compaction('rotating set with archive', { ...SET, archive: true }),
  compaction('rotating set in place', { ...LONG_SET, inPlace: true, on: 'ext4' }),
  ...Object.entries(RECOVERIES).map(([name, damage]) => recovery(name, damage)),
  metrics(),
  ...INDEX_SCENES,
];

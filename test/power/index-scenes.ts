// Scenes of a log that is large enough for an index: what a power loss leaves of it must never decide wrongly.
//
// The log is 8.8 MB long: of a file of that size few contents are tried (contents.ts). In each state, after the run: the
// right records are there; dry runs and lists tell the same with the index as without; and a run with the index, for
// which other records expire, leaves those that have not.
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { papyra } from '../support/papyra.js';
import { expectDone, expectEqual, expectReadable, EXPIRED, filesOf, LOG, recordsIn, text } from './checks.js'; // prettier-ignore
import type { Named } from './image.js';
import type { After } from './pool.js';
import type { Recorded } from './operations.js';
import type { Recording } from './recorder.js';
import type { Question, Task } from './runner.js';
import { make, recorded, type PlacedScene } from './placed.js';
import type { State } from './states.js';

const INDEX = 'data/.papyra/events.ndjson.index';
const PAD = 'x'.repeat(2000);
const line = (n: number, timestamp: number): string =>
  `{"kind": "event", "n": ${n}, "timestamp": ${timestamp + n}.5, "pad": "${PAD}"}`;
const lines = (from: number, to: number, timestamp: number): string[] =>
  Array.from({ length: to - from }, (_, at) => line(from + at, timestamp));

const FIRST = 1_500_000_000;
const SECOND = 1_700_000_000;
/** Between the two: what is older goes with the last run. */
const BETWEEN = 1_600_000_000;
const KEPT = [...lines(0, 600, FIRST), ...lines(600, 4300, SECOND)];
/** Blocks of the file system that can go in place. */
const HEAD = text(Array(1200).fill(EXPIRED) as string[]);
/** So little goes that the log is longer than before once the runtime has started: an old index would have room in it. */
const SHORT_HEAD = text([EXPIRED]);
const NOTHING = '4000w';
const OLDEST = '1000w';

const isFirst = (record: string): boolean => Number(/"timestamp": (\d+)/.exec(record)![1]) < BETWEEN; // prettier-ignore

const compact = (root: string, age: string): string[] => ['persistence', 'compact', '--path', join(root, LOG), '--max-age', age]; // prettier-ignore

/** A first run, for which nothing has expired, writes the index. */
async function makeIndexed(root: string, head: string): Promise<void> {
  make(root, { [LOG]: head + text(KEPT) });
  const { code, stderr } = await papyra(compact(root, NOTHING));
  if (code !== 0) throw new Error(stderr);
  if (!existsSync(join(root, INDEX))) throw new Error('there is no index');
}

const QUESTIONS: Question[] = [
  { cutoff: 1_000_000_000, unreadable: 'drop' },
  { cutoff: BETWEEN, unreadable: 'keep' },
];

interface Indexed {
  maxAge: string;
  inPlace?: boolean;
  on?: PlacedScene['on'];
}

function indexed(name: string, { maxAge, inPlace = false, on = 'memory' }: Indexed): PlacedScene {
  const command = (root: string): string[] => [
    ...compact(root, maxAge),
    ...(inPlace ? ['--in-place'] : []),
  ];
  const task = (root: string): Task => ({
    do: 'compact',
    persistence: {
      backend: 'json',
      path: join(root, LOG),
      retention: { max_age_seconds: maxAge },
    },
    options: { inPlace },
  });
  return {
    name,
    on,
    most: 60,
    command,
    task,
    appendsTo: LOG,
    variants: ofAnotherLog,
    later: (root) => {
      const { persistence } = task(root);
      const last = {
        ...persistence,
        retention: { max_age_seconds: Math.floor(Date.now() / 1000) - BETWEEN },
      };
      return [
        {
          do: 'compare',
          persistence,
          options: {},
          questions: QUESTIONS,
        },
        { do: 'compact', persistence: last, options: { maxDrop: 1 } },
      ];
    },
    record: async (root) => {
      await makeIndexed(root, inPlace ? HEAD : SHORT_HEAD);
      return recorded(root, command(root));
    },
    before: ({ names, isCutShort }, promised) => {
      expectReadable(names, KEPT, promised, { torn: isCutShort ? 1 : 0 });
    },
    after: (after, promised) => {
      expectDone(after, KEPT, promised, { expiredBytes: inPlace ? 2 * 4096 + 200 : 0 });
      expectSameLater(after);
    },
  };
}

/** Each state once more: the number of the inode that the index names was given again, to the log that is there. */
function ofAnotherLog(state: State): State[] {
  const index = state.names.find(({ path }) => path === INDEX);
  const log = state.names.find(({ path }) => path === LOG);
  const header = index?.node.content.toString('latin1', 0, 300) ?? '';
  const [, number, born] = /"inode":"(\d+)","born":(\d+)/.exec(header) ?? [];
  if (!log || number === undefined || born === undefined) return [];
  const identity = { number: BigInt(number), born: Number(born) };
  const own = log.node.identity;
  if (own?.number === identity.number && own.born === identity.born) return [];
  const names = state.names.map((one) =>
    one.inode === log.inode
      ? { ...one, node: { ...one.node, identity } }
      : one.node.identity?.number === identity.number
        ? { ...one, node: withoutIdentity(one) }
        : one,
  );
  const what = 'the index names the inode that the log has';
  return [{ ...state, names, text: [...state.text, what], variant: 'again' }];
}

function withoutIdentity({ node }: Named): Named['node'] {
  const { kind, mode, content } = node;
  return { kind, mode, content };
}

/** The index decides nothing, neither then nor in a later run. */
function expectSameLater({ names, later }: After): void {
  const [compared, last] = later;
  expectEqual(compared!.outcome.warnings, [], 'the index tells otherwise: ');
  expectEqual(last!.outcome.runs.map((run) => run?.message ?? 'done'), ['done'], 'the last run: '); // prettier-ignore
  expectEqual(recordsIn(last!.names), recordsIn(names).filter((one) => !isFirst(one)), 'after the last run: '); // prettier-ignore
}

/** A writer has appended and not synced when the run indexes its lines: nothing goes. */
function unsynced(): PlacedScene {
  const scene = indexed('index of what nobody has synced', { maxAge: NOTHING });
  const late = lines(5000, 5012, SECOND);
  return {
    ...scene,
    record: async (root) => {
      await makeIndexed(root, HEAD);
      appendFileSync(join(root, LOG), text(late));
      return appendedBefore(await recorded(root, scene.command(root)), text(late));
    },
    before: ({ names }) => {
      expectKept(recordsIn(names));
    },
    after: (after) => {
      const { given, names, outcome } = after;
      expectEqual(outcome.runs.map((run) => run?.message ?? 'done'), ['done']); // prettier-ignore
      const [then, now] = [given, names].map((one) => filesOf(one)[0]!.node.content);
      expectEqual([String(now!.equals(then!))], ['true'], 'the log is as it was: ');
      expectSameLater(after);
    },
  };

  function expectKept(records: readonly string[]): void {
    expectEqual(records.slice(0, KEPT.length), KEPT);
  }
}

/** The bytes were written right before the run, and are not on the disk for sure. */
function appendedBefore(recording: Recording, added: string): Recording {
  const { start, operations } = recording;
  const log = start.entries.get(start.entries.get(start.root)!.get('data')!)!.get('events.ndjson')!;
  const node = start.nodes.get(log)!;
  const bytes = Buffer.from(added);
  const at = node.content.length - bytes.length;
  start.nodes.set(log, { ...node, content: node.content.subarray(0, at) });
  const write: Recorded = { do: 'write', inode: log, at, bytes, text: 'a writer appends to the log, and does not sync', withNext: true }; // prettier-ignore
  return { ...recording, operations: [write, ...operations] };
}

export const INDEX_SCENES: PlacedScene[] = [
  indexed('index, rewrite', { maxAge: OLDEST }),
  indexed('index, in place', { maxAge: OLDEST, inPlace: true, on: 'ext4' }),
  unsynced(),
];

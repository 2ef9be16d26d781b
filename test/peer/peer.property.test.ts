// The property of the peer: what the plain rules list of a store before a compaction is what they list after it.
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConfigInput, CompactOptions, CompactionReport } from '../../src/index.js';
import { tempConfig } from '../support/config.js';
import { disk } from '../support/mounts.js';
import { compact, isRoot, ROOT } from '../support/papyra.js';
import { testSeed } from '../support/random.js';
import { startRedis, stopServers, type Server } from '../support/redis.js';
import { tempDirectory } from '../support/temp.js';
import { placeOrSkip, title } from '../places/log.js';
import { fillDisk } from '../support/disk-image.js';
import { drawnStore, policyOf, textsOf, writeFiles, type DrawnStore } from './draw.js';
import { PlainRules, type Question } from './plain-rules.js';

/** The library as it is shipped: most runs are calls in this process, some are processes. */
const { openSystem } = createRequire(import.meta.url)(join(ROOT, 'dist/index.js')) as typeof import('../../src/index.js'); // prettier-ignore

const IS_LONG = process.env['PAPYRA_SOAK'] === '1';
const RUNS = { short: 15, long: 5000 };
const LIMITS = { allowEmpty: true, maxDrop: 1 };

let rules: PlainRules;
beforeAll(() => {
  rules = new PlainRules();
});
afterAll(() => rules.stop());

type Persistence = NonNullable<ConfigInput['persistence']>;

interface Trial {
  persistence: Persistence;
  how: CompactOptions;
  asProcess: boolean;
}

/** A compaction, by a call or by the command. */
async function compacted({ persistence, how, asProcess }: Trial): Promise<CompactionReport> {
  const config = { persistence, metrics: { enabled: false } };
  if (!asProcess) {
    const system = await openSystem(config);
    return system.persistence.compact({ ...LIMITS, ...how }).finally(() => system.close());
  }
  const flags = Object.entries(FLAGS).filter(([option]) => how[option as keyof typeof FLAGS]);
  const args = ['--config', tempConfig(config, 0o600), '--allow-empty', '--max-drop', '100%'];
  const { code, stderr, report } = await compact([...args, ...flags.map(([, flag]) => flag)]);
  if (code === 74) throw new Error(stderr);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return report;
}

const FLAGS = { dryRun: '--dry-run', inPlace: '--in-place', offline: '--offline' } as const;

const digestOf = (content: Buffer) => createHash('sha1').update(content).digest('hex');

/** Names, contents and times of all that is in a directory. */
const everything = (directory: string) =>
  readdirSync(directory).map((name) => {
    const path = join(directory, name);
    const { ino, mtimeNs, ctimeNs, mode } = statSync(path, { bigint: true });
    const content = statSync(path).isFile() ? digestOf(readFileSync(path)) : readdirSync(path);
    return { name, ino, mtimeNs, ctimeNs, mode, content };
  });

/** Lines of some files, but for blank ones and fillers: what archives and logs hold, in their order. */
function linesOf(contents: (string | Buffer)[]): string[] {
  const lines = contents.flatMap((content) => content.toString('latin1').split('\n'));
  return lines.filter((line) => line.trim() !== '' && !line.startsWith('{"kind":"compaction",'));
}

function archivedLines({ archive, backend }: Persistence & { archive: { dir: string } }): string[] {
  const names = readdirSync(archive.dir).filter((name) => name.startsWith('papyra-archive_'));
  const lines = linesOf(
    names.map((name) => zlib.gunzipSync(readFileSync(join(archive.dir, name)))),
  );
  if (backend !== 'redis') return lines;
  return lines.map((line) => (JSON.parse(Buffer.from(line, 'latin1').toString()) as { data: string }).data); // prettier-ignore
}

/** Whether the second list is the first one with some left out. */
function isPartOf(all: string[], part: string[]): boolean {
  let at = 0;
  for (const line of part) {
    while (at < all.length && all[at] !== line) at++;
    if (at++ === all.length) return false;
  }
  return true;
}

function archiveIn(directory: string, wanted: boolean): Pick<Persistence, 'archive'> {
  if (!wanted) return {};
  mkdirSync(join(directory, 'archive'));
  return { archive: { dir: join(directory, 'archive'), compression: 'gzip' } };
}

const hasArchive = (store: Persistence): store is Persistence & { archive: { dir: string } } =>
  store.archive !== undefined;

/** What holds of a store that can be asked for its question and its lines at any time. */
async function holds(
  trial: Trial,
  now: () => Promise<{ question: Question; lines: string[]; all: unknown }>,
): Promise<CompactionReport> {
  const before = await now();
  const listed = await rules.list(before.question);
  await compacted({ ...trial, how: { ...trial.how, dryRun: true } });
  expect((await now()).all, 'a dry run changes nothing').toEqual(before.all);
  const report = await compacted(trial);
  const after = await now();
  expect(await rules.list(after.question)).toBe(listed);
  expect(isPartOf(before.lines, after.lines), 'nothing is added or moved').toBe(true);
  const { persistence } = trial;
  if (hasArchive(persistence)) {
    const inEither = [...archivedLines(persistence), ...after.lines];
    expect(inEither.sort(), 'what goes is in the archive').toEqual(before.lines.sort());
  }
  return report;
}

const seed = testSeed('peer');
/** Large logs have a share of it. */
const parameters = (share = 1) => ({ seed, numRuns: Math.ceil((IS_LONG ? RUNS.long : RUNS.short) * share) }); // prettier-ignore

interface Place {
  backend: 'json' | 'rotating';
  how: CompactOptions;
  directory: string;
  /** Fills the disk when the store is there. */
  prepare?: () => void;
}

/** A full disk on which a copy does not fit, and there is too little to share. */
const isNoRoom = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('no room to rewrite');

/** Returns the way in which the files were made shorter, or `refused`. */
async function filesHold(
  { backend, how, directory, prepare }: Place,
  drawn: DrawnStore,
): Promise<string[]> {
  rmSync(join(directory, 'store'), { recursive: true, force: true });
  mkdirSync(join(directory, 'store'));
  const now = Date.now() / 1000;
  const path = join(directory, 'store/events.ndjson');
  const files = writeFiles(drawn, textsOf(drawn, now), path);
  prepare?.();
  const retention = policyOf(drawn.policy);
  const archive = archiveIn(dirname(path), drawn.archived);
  const persistence: Persistence = { backend, path, retention, ...archive };
  const trial = { persistence, how: { offline: true, ...how }, asProcess: drawn.asProcess };
  const digests = () => files.map((file) => digestOf(readFileSync(file)));
  const before = prepare && digests();
  const holding = holds(trial, async () => {
    const there = new Set(readdirSync(dirname(path)));
    const left = files.filter((file) => there.has(basename(file)));
    const contents = left.map((file) => readFileSync(file));
    // Only the last file may be torn: that is the log itself, also when it is gone.
    const question = { files: left.at(-1) === path ? left : [...left, '/dev/null'], rules: { now, ...retention } }; // prettier-ignore
    return { question, lines: linesOf(contents), all: everything(dirname(path)) };
  });
  try {
    const { method } = await holding;
    return method === null ? [] : [method];
  } catch (error) {
    if (!before || !isNoRoom(error)) throw error;
    expect(digests()).toEqual(before);
    return ['refused'];
  }
}

describe('what the plain rules list of files before a compaction is what they list after it', () => {
  test.each([
    ['json', 'rewritten', {}],
    ['json', 'in place', { inPlace: true }],
    ['rotating', 'rewritten', {}],
    ['rotating', 'in place', { inPlace: true }],
  ] as const)('%s, %s', async (backend, name, how) => {
    const directory = tempDirectory();
    const methods = new Set<string>();
    const store = drawnStore({ pad: 400, files: backend === 'json' ? 1 : 5 });
    const property = fc.asyncProperty(store, async (drawn) => {
      for (const method of await filesHold({ backend, how, directory }, drawn)) methods.add(method);
    });
    await fc.assert(property, parameters());
    if (backend === 'json') expect(methods).toContain(name === 'in place' ? 'collapse' : 'copy');
  }, 3_600_000); // prettier-ignore

  test.for(['xfs', 'btrfs'] as const)(title('json, blocks shared on %s'), { skip: !isRoot, timeout: 3_600_000 }, async (kind, { skip }) => {
    const directory = placeOrSkip(skip, () => disk(kind));
    const filled = join(directory, 'filled');
    // Where there is room, btrfs copies.
    const full = kind === 'btrfs' ? { prepare: () => { fillDisk(directory, 3); } } : {};
    const methods: string[] = [];
    const store = drawnStore({ pad: 200_000, files: 1 });
    const property = fc.asyncProperty(store, async (drawn) => {
      rmSync(filled, { force: true });
      const place = { backend: 'json', how: {}, directory, ...full } as const;
      methods.push(...(await filesHold(place, drawn)));
    });
    // The first store that the short form draws has blocks to share on btrfs.
    await fc.assert(property, parameters(kind === 'btrfs' && !IS_LONG ? 0.02 : 0.2));
    const refused = methods.filter((method) => method === 'refused').length;
    console.log(`${kind}: ${refused} refused for want of room`);
    expect(refused).toBeLessThan(methods.length / 2);
    expect(methods).toContain('clone');
  }); // prettier-ignore
});

describe('what the plain rules list of streams before a compaction is what they list after it', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(stopServers);

  const KEYS = { event: 'events', audit: 'audits', dead_letter: 'dead_letters' };

  test.each([
    ['exact', false],
    ['approximate', true],
  ])('redis, %s', async (_, approx_trim) => {
    const { client } = server;
    const directory = tempDirectory();
    let trimmed = 0;
    const property = fc.asyncProperty(drawnStore({ pad: 400, files: 1 }), async (drawn) => {
      rmSync(join(directory, 'store'), { recursive: true, force: true });
      mkdirSync(join(directory, 'store'));
      await client.flushall();
      await client.config('SET', 'stream-node-max-entries', drawn.node);
      const now = Date.now() / 1000;
      const streams = Object.entries(KEYS).map(([kind, name]) => ({ kind, key: `papyra:local:${name}` })); // prettier-ignore
      const pipeline = client.pipeline();
      const texts = textsOf(drawn, now);
      for (const [at, text] of texts.entries()) {
        const { key } = streams.find(({ kind }) => text.includes(`"${kind}"`)) ?? streams[0]!;
        // An id is the time at which it came: it only rises, whatever the record says.
        const id = Math.round((now - (texts.length - at) * 3600) * 1000);
        pipeline.xadd(key, `${id}-0`, 'data', text);
      }
      const first = streams[0]!.key;
      if (drawn.read !== undefined) pipeline.xgroup('CREATE', first, 'workers', '0', 'MKSTREAM');
      await pipeline.exec();
      if (drawn.read) await client.xreadgroup('GROUP', 'workers', 'one', 'COUNT', Math.ceil(drawn.read * texts.length), 'STREAMS', first, '>'); // prettier-ignore
      const retention = policyOf(drawn.policy);
      const archive = archiveIn(join(directory, 'store'), drawn.archived);
      const persistence: Persistence = { backend: 'redis', url: server.url, approx_trim, retention, ...archive }; // prettier-ignore
      const report = await holds({ persistence, how: {}, asProcess: drawn.asProcess }, async () => {
        const all = await Promise.all(streams.map(async ({ key, kind }) => {
          const entries = await client.xrangeBuffer(key, '-', '+');
          return { key, kind, entries: entries.map(([id, [, data]]): [string, string] => [id.toString(), data!.toString('base64')]) };
        })); // prettier-ignore
        const lines = all.flatMap(({ entries }) => entries.map(([, data]) => Buffer.from(data, 'base64').toString())); // prettier-ignore
        return { question: { streams: all, rules: { now, ...retention } }, lines, all: [all, readdirSync(directory, { recursive: true })] }; // prettier-ignore
      });
      trimmed += report.records.dropped ?? 0;
    });
    await fc.assert(property, parameters());
    expect(trimmed).toBeGreaterThan(0);
  }, 3_600_000); // prettier-ignore
});

describe('of the memory backend', () => {
  test('nothing is outside of the runtime: nothing can change', async () => {
    for (const asProcess of [false, true]) {
      const persistence = { backend: 'memory', retention: { max_records: 1 } } as const;
      const report = await compacted({ persistence, how: {}, asProcess });
      expect(report).toMatchObject({ status: 'no_op', parts: [] });
    }
  });
});

import { execaSync } from 'execa';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type {
  ArchiveEntry,
  ArchiveList,
  ArchivePruning,
  ArchiveRestoration,
  ArchiveVerification,
} from '../../src/index.js';
import { openArchives, openSystem } from '../../src/index.js';
import { tempConfig } from '../support/config.js';
import { compact, isRoot, papyra, PAPYRA, PLAIN_USER, publicInstall } from '../support/papyra.js';
import { peakMemory } from '../support/peak-memory.js';
import { tempDirectory } from '../support/temp.js';

const HAS_ZSTD = 'createZstdCompress' in zlib;
const DAY = 86_400;

const record = (n: number, more = '') =>
  `{"kind": "event", "n": ${n},${more} "timestamp": ${1_700_000_000 + n}.5}`;
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => `${record(from + at)}\n`).join('');

/** A log of which runs have archived 100 records each. */
class Shelf {
  readonly directory = tempDirectory();
  readonly archive = join(this.directory, 'archive');
  readonly log: string;
  #runs = 0;

  constructor(name = 'events.ndjson') {
    this.log = join(this.directory, name);
    mkdirSync(this.archive);
    writeFileSync(this.log, '');
  }

  async runs(count: number): Promise<this> {
    for (let at = 0; at < count; at++, this.#runs++) {
      appendFileSync(this.log, lines(this.#runs * 100, (this.#runs + 1) * 100));
      const { code, stderr } = await compact(['--path', this.log, '--max-records', '1', '--offline', '--archive', this.archive]); // prettier-ignore
      expect({ code, stderr }).toMatchObject({ code: 0 });
    }
    return this;
  }

  /** The archives, the oldest first. */
  files(): string[] {
    return readdirSync(this.archive)
      .filter((name) => name.startsWith('papyra-archive_'))
      .sort((a, b) => (a.split('_').at(-1)! < b.split('_').at(-1)! ? -1 : 1))
      .map((name) => join(this.archive, name));
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what the caller says
  async run<T>(command: string, ...args: string[]): Promise<{ code: number; stderr: string; stdout: string; document: T }> {
    const run = await papyra(['archive', command, '--json', '--archive', this.archive, '--path', this.log, ...args]);
    return { ...run, document: (run.stdout === '' ? undefined : JSON.parse(run.stdout)) as T };
  } // prettier-ignore

  async restored(...args: string[]): Promise<{ code: number; stderr: string; text: string }> {
    const to = join(this.directory, `restored-${Math.random()}`);
    const { code, stderr } = await this.run('restore', '--to', to, ...args);
    return { code, stderr, text: existsSync(to) ? readFileSync(to, 'utf8') : '' };
  }
}

const manifestOf = (path: string) =>
  path.replace(/papyra-archive_(.*)\.ndjson\.\w+$/, '.$1.papyra-archive.json');

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  const index = at < 0 ? bytes.length + at : at;
  bytes[index] = bytes[index]! ^ 0x10;
  writeFileSync(path, bytes);
}

describe('verify', () => {
  test('names what is damaged, truncated, missing and left by a killed run, each with its reason; restore of the others is what they dropped', async () => {
    const shelf = await new Shelf().runs(7);
    const [, flipped, truncated, missing, unlisted, oddManifest] = shelf.files();
    expect((await shelf.run('verify')).code).toBe(0);
    flip(flipped!, -40);
    truncateSync(truncated!, 200);
    rmSync(missing!);
    rmSync(manifestOf(unlisted!));
    flip(manifestOf(oddManifest!), 300);
    writeFileSync(join(shelf.archive, '.papyra-archive_events.ndjson_0123456789ab.tmp'), 'half');
    const { code, document } = await shelf.run<ArchiveVerification>('verify');
    expect(code).toBe(1);
    expect(document.status).toBe('damaged');
    const found = document.archives.map(({ state, notes }: ArchiveEntry) => [state, ...notes]);
    expect(found).toEqual([
      ['sound'],
      ['damaged', expect.stringMatching(/SHA-256|damaged/)],
      ['damaged', expect.stringMatching(/^it is truncated: 200 bytes of \d+/), expect.any(String)],
      ['missing', expect.stringContaining('it is missing')],
      ['no_manifest'],
      ['damaged', expect.stringContaining('its checksum is another one')],
      ['sound'],
    ]);
    expect(document.leftovers).toEqual(['.papyra-archive_events.ndjson_0123456789ab.tmp']);
    const text = await papyra(['archive', 'verify', '--quiet', '--archive', shelf.archive, '--path', shelf.log]);
    expect(text.stdout).toMatch(/^Damaged: 4 of 7 archives/);

    const refused = await shelf.restored();
    expect(refused).toMatchObject({ code: 74, text: '' });
    expect(refused.stderr).toMatch(/cannot restore from the archive .*, and 3 more/);
    const others = await shelf.restored('--skip-damaged');
    expect(others.code).toBe(0);
    expect(others.stderr.match(/is left out/g)).toHaveLength(4);
    expect(others.text).toBe(lines(0, 99) + lines(399, 499) + lines(599, 699));
  }); // prettier-ignore

  const soak = process.env['PAPYRA_SOAK'] === '1';

  test('finds any flipped byte of an archive and of its manifest', async () => {
    const shelf = await new Shelf().runs(1);
    const system = await openSystem({ persistence: { backend: 'json', path: shelf.log } });
    const { archive } = shelf;
    for (const path of [shelf.files()[0]!, manifestOf(shelf.files()[0]!)]) {
      const whole = readFileSync(path);
      for (let at = 0; at < whole.length; at += soak ? 1 : 11) {
        flip(path, at);
        expect([at, (await system.archive.verify({ archive })).status]).toEqual([at, 'damaged']);
        writeFileSync(path, whole);
      }
    }
    expect((await system.archive.verify({ archive })).status).toBe('sound');
    await system.close();
  });

  test('names a gap: neither archive nor manifest is there', async () => {
    const shelf = await new Shelf().runs(3);
    const gone = shelf.files()[1]!;
    rmSync(gone);
    rmSync(manifestOf(gone));
    const { code, document } = await shelf.run<ArchiveVerification>('verify');
    expect(code).toBe(1);
    expect(document.gaps).toMatchObject([{ store: 'events.ndjson' }]);
    expect((await shelf.restored()).stderr).toContain('is not there, nor its manifest');
  });

  test('a manifest that names a file elsewhere leads nowhere', async () => {
    const shelf = await new Shelf().runs(1);
    const other = join(shelf.directory, 'papyra-archive_x_undated_undated_20200101T000000Z-00000000.ndjson.gz');
    writeFileSync(other, 'of somebody else');
    writeFileSync(join(shelf.archive, '.x_undated_undated_20200101T000000Z-00000000.papyra-archive.json'), readFileSync(manifestOf(shelf.files()[0]!)));
    const { code } = await papyra(['archive', 'prune', '--archive', shelf.archive, '--all', '--max-age', '1s']);
    expect({ code, there: existsSync(other) }).toEqual({ code: 0, there: true });
  }); // prettier-ignore
});

describe('restore', () => {
  test('takes a time range and a kind, and gives the bytes as they were', async () => {
    const shelf = new Shelf();
    const odd = '{"timestamp": 1700000003.25, "kind": "audit", "x": [NaN, 1e999, "\\u00e9"],  "n": 12345678901234567890}'; // prettier-ignore
    writeFileSync(shelf.log, `${record(1)}\n${odd}\n{"kind": "dead_letter", "timestamp": 1700000005}\n${record(9)}\n${record(10)}\n`); // prettier-ignore
    await shelf.runs(0);
    await compact(['--path', shelf.log, '--max-records', '1', '--archive', shelf.archive]);
    expect((await shelf.restored('--kind', 'audits')).text).toBe(`${odd}\n`);
    expect((await shelf.restored('--since', '1700000003.25', '--until', '1700000005')).text.split('\n')).toHaveLength(3); // prettier-ignore
    expect((await shelf.restored('--since', '1700000006', '--kind', 'dead-letters')).text).toBe('');
    const piped = await papyra(['archive', 'restore', '--archive', shelf.archive, '--path', shelf.log, '--to', '-', '--until', '1700000002']); // prettier-ignore
    expect(piped).toMatchObject({ code: 0, stdout: `${record(1)}\n`, stderr: '' });
  });

  test('overwrites nothing, and leaves nothing when it fails', async () => {
    const shelf = await new Shelf().runs(1);
    const to = join(shelf.directory, 'mine');
    writeFileSync(to, 'mine');
    const { code, stderr } = await shelf.run('restore', '--to', to);
    expect({ code, kept: readFileSync(to, 'utf8') }).toEqual({ code: 64, kept: 'mine' });
    expect(stderr).toContain('not overwritten');
    expect((await shelf.run('restore', '--to', join(shelf.directory, 'none/x'))).code).toBe(66);
    truncateSync(shelf.files()[0]!, 100);
    expect((await shelf.restored()).code).toBe(74);
    expect(readdirSync(shelf.directory).filter((name) => name.includes('restore'))).toEqual([]);
  });

  test('two equal records are two, wherever they were archived', async () => {
    const shelf = new Shelf();
    const twin = `${record(7)}\n`;
    for (let run = 0; run < 3; run++) {
      appendFileSync(shelf.log, twin.repeat(5));
      await compact(['--path', shelf.log, '--max-records', '1', '--archive', shelf.archive]);
    }
    expect((await shelf.restored()).text + readFileSync(shelf.log, 'utf8')).toBe(twin.repeat(15));
  });

  test('archives without manifests, as of an earlier version: those whose lines all follow in the next are of a killed run', async () => {
    const shelf = new Shelf();
    writeFileSync(shelf.log, lines(300, 302));
    const put = (from: number, to: number, run: number) =>
      writeFileSync(join(shelf.archive, `papyra-archive_events.ndjson_20231114T221320Z_20231114T221320Z_2023111${run}T000000Z-0a0b0c0d.ndjson.gz`), zlib.gzipSync(lines(from, to)));
    put(0, 100, 1);
    put(100, 150, 2);
    put(100, 200, 3);
    put(200, 302, 4);
    expect((await shelf.run('verify')).code).toBe(0);
    // The last one ends with what is still in the log, and begins with what is not.
    expect((await shelf.restored()).text).toBe(lines(0, 302));
    rmSync(shelf.files()[3]!);
    put(300, 302, 4);
    expect((await shelf.restored()).text).toBe(lines(0, 200));
  }); // prettier-ignore

  test('without a store, of the one that is in the directory; of several only when one is named', async () => {
    const [one, other] = [await new Shelf().runs(2), new Shelf()];
    const bare = ['archive', 'restore', '--archive', one.archive, '--to'];
    const to = (name: string) => join(one.directory, name);
    expect((await papyra([...bare, to('a')])).code).toBe(0);
    expect(readFileSync(to('a'), 'utf8')).toBe(lines(0, 199));
    writeFileSync(other.log, lines(500, 510));
    await compact(['--path', other.log, '--max-records', '1', '--archive', one.archive]);
    const several = await papyra([...bare, to('b')]);
    expect(several).toMatchObject({ code: 64 });
    const [, id] = /choose one with --of|(\w{12}) \(events\.ndjson of/.exec(several.stderr) ?? [];
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    const { archive } = await openArchives({ cwd: '/' });
    const { archives } = await archive.list({ archive: one.archive });
    const [first] = archives.filter(({ target }) => target === other.log);
    expect((await papyra([...bare, to('b'), '--of', first!.store_id!])).code).toBe(0);
    expect(readFileSync(to('b'), 'utf8')).toBe(lines(500, 509));
    // With its log, a store knows its own.
    expect((await one.restored()).text).toBe(lines(0, 199));
  });
});

describe('prune', () => {
  test('removes the oldest archives up to the first that is younger, with their manifests, and nothing else', async () => {
    const shelf = new Shelf();
    const now = Date.now() / 1000;
    const at = (days: number) => `{"kind": "event", "timestamp": ${now - days * DAY}}\n`;
    for (const days of [50, 40, 5, 30, -9]) {
      appendFileSync(shelf.log, at(days) + at(days));
      await compact(['--path', shelf.log, '--max-records', '1', '--archive', shelf.archive]);
    }
    const foreign = ['notes.txt', 'papyra-archive_events.ndjson.gz', 'papyra-archive_events.ndjson_a_b_20200101.ndjson.gz'];
    for (const name of foreign) writeFileSync(join(shelf.archive, name), '');
    expect((await shelf.run('prune')).code).toBe(64);
    const all = readdirSync(shelf.archive);
    const dry = await shelf.run<ArchivePruning>('prune', '--max-age', '20d', '--dry-run');
    expect(dry.document).toMatchObject({ status: 'dry_run', kept: 3 });
    expect(readdirSync(shelf.archive)).toEqual(all);
    const { document } = await shelf.run<ArchivePruning>('prune', '--max-age', '20d');
    expect(document.removed.map(({ file }) => file)).toEqual(dry.document.removed.map(({ file }) => file));
    expect(document).toMatchObject({ status: 'pruned', kept: 3 });
    expect(readdirSync(shelf.archive)).toHaveLength(all.length - 4);
    expect(foreign.filter((name) => !existsSync(join(shelf.archive, name)))).toEqual([]);
    // No gap comes of it, and the next run goes on.
    expect((await shelf.run('verify')).code).toBe(0);
    // The newest was written just now.
    await sleep(1100);
    expect((await shelf.run<ArchivePruning>('prune', '--max-age', '1s')).document).toMatchObject({ status: 'pruned', kept: 0 });
    expect((await shelf.run<ArchiveList>('list')).document.archives).toEqual([]);
    await shelf.runs(1);
    expect((await shelf.run('verify')).code).toBe(0);
  }); // prettier-ignore

  test('an archive that is damaged, missing or without a manifest goes as well, and a warning names what is damaged', async () => {
    const shelf = await new Shelf().runs(3);
    const [one, two, three] = shelf.files() as [string, string, string];
    truncateSync(one, 10);
    rmSync(two);
    rmSync(manifestOf(three));
    const { code, document, stderr } = await shelf.run<ArchivePruning>('prune', '--max-age', '30d');
    expect({ code, removed: document.removed.length }).toEqual({ code: 0, removed: 3 });
    expect(stderr.match(/, which goes, is damaged/g)).toHaveLength(2);
    expect(readdirSync(shelf.archive)).toEqual(['.papyra-archive.json']);
  });

  test('without a store it wants to be told of which', async () => {
    const shelf = await new Shelf().runs(1);
    const args = ['archive', 'prune', '--archive', shelf.archive, '--max-age', '1s'];
    expect((await papyra(args)).code).toBe(64);
    expect((await papyra([...args, '--of', 'others.ndjson'])).code).toBe(0);
    expect(shelf.files()).toHaveLength(1);
    expect((await papyra([...args, '--all'])).code).toBe(0);
    expect(shelf.files()).toEqual([]);
  });
});

describe('the directory of the archives', () => {
  const run = (shelf: Shelf, ...args: string[]) =>
    papyra(['persistence', 'compact', '--path', shelf.log, '--max-records', '1', '--offline', '--archive', shelf.archive, ...args]); // prettier-ignore

  test('that is not there, or was mounted and is not, is said before anything is done', async () => {
    const shelf = await new Shelf().runs(1);
    appendFileSync(shelf.log, lines(100, 200));
    const before = readFileSync(shelf.log, 'utf8');
    renameSync(shelf.archive, `${shelf.archive}.volume`);
    for (const args of [[], ['--dry-run']]) {
      const { code, stderr } = await run(shelf, ...args);
      expect({ code, stderr }).toMatchObject({ code: 74, stderr: expect.stringContaining('is not there') as string }); // prettier-ignore
    }
    mkdirSync(shelf.archive);
    for (const args of [[], ['--dry-run']]) {
      const { code, stderr } = await run(shelf, ...args);
      expect(code).toBe(74);
      expect(stderr).toMatch(/is not the archive directory that it was: .*\n {2}nothing was done; mount it; or, to begin with this directory, remove .*\.papyra\/events\.ndjson\.archive\.json\n/); // prettier-ignore
    }
    const config = tempConfig({ persistence: { backend: 'json', path: shelf.log, archive: { dir: shelf.archive } } }); // prettier-ignore
    expect((await papyra(['config', 'check', '--config', config])).code).toBe(74);
    expect(readdirSync(shelf.archive)).toEqual([]);
    expect(readFileSync(shelf.log, 'utf8')).toBe(before);
    // Another path is another directory.
    const other = `${shelf.archive}.other`;
    mkdirSync(other);
    expect((await papyra(['persistence', 'compact', '--path', shelf.log, '--max-records', '50', '--archive', other])).code).toBe(0); // prettier-ignore
    // Mounted again, all goes on. (Another limit than that of the last run.)
    rmSync(shelf.archive, { recursive: true });
    renameSync(`${shelf.archive}.volume`, shelf.archive);
    expect((await run(shelf, '--max-drop', '100%')).code).toBe(0);
    expect(shelf.files()).toHaveLength(2);
    // To begin anew, the memory is removed.
    rmSync(shelf.archive, { recursive: true });
    mkdirSync(shelf.archive);
    appendFileSync(shelf.log, lines(200, 300));
    expect((await run(shelf)).code).toBe(74);
    rmSync(join(shelf.directory, '.papyra/events.ndjson.archive.json'));
    expect((await run(shelf)).code).toBe(0);
  });

  test('is shared by stores and hosts at the same time, also with one name', async () => {
    const shelves = [new Shelf(), new Shelf(), new Shelf('audits.ndjson'), new Shelf()];
    const shared = shelves[0]!.archive;
    const host = (at: number) => (isRoot && at === 3 ? ['unshare', '--uts', 'sh', '-c', 'hostname elsewhere; exec "$0" "$@"', process.execPath] : [process.execPath]); // prettier-ignore
    await Promise.all(
      shelves.map(async ({ log }, at) => {
        for (let run = 0; run < 4; run++) {
          appendFileSync(log, lines(at * 10_000 + run * 100, at * 10_000 + (run + 1) * 100));
          const args = ['persistence', 'compact', '--path', log, '--max-records', '1', '--offline', '--archive', shared]; // prettier-ignore
          const { code, stderr } = await papyra(args, { command: host(at) });
          expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
        }
      }),
    );
    const verified = await papyra(['archive', 'verify', '--archive', shared, '--json']);
    const { archives } = JSON.parse(verified.stdout) as ArchiveVerification;
    expect({ code: verified.code, archives: archives.length }).toEqual({ code: 0, archives: 16 });
    expect(new Set(archives.map(({ store_id }) => store_id)).size).toBe(4);
    if (isRoot) expect(archives.filter((one) => one.host === 'elsewhere')).toHaveLength(4);
    for (const [at, { log, directory }] of shelves.entries()) {
      const to = join(directory, 'back');
      expect((await papyra(['archive', 'restore', '--archive', shared, '--path', log, '--to', to])).code).toBe(0); // prettier-ignore
      expect(readFileSync(to, 'utf8')).toBe(lines(at * 10_000, at * 10_000 + 399));
    }
  });

  test.runIf(isRoot)('is shared by users, each with its own files', async () => {
    const [roots, theirs] = [new Shelf(), new Shelf()];
    execaSync('chmod', ['1777', roots.archive]);
    execaSync('chown', ['-R', `${PLAIN_USER}:${PLAIN_USER}`, theirs.directory]);
    execaSync('chmod', ['755', roots.directory]);
    await roots.runs(1);
    writeFileSync(theirs.log, lines(0, 10));
    const args = ['persistence', 'compact', '--path', theirs.log, '--max-records', '1', '--archive', roots.archive]; // prettier-ignore
    const { code, stderr } = await papyra(args, { bin: publicInstall(), uid: PLAIN_USER, gid: PLAIN_USER }); // prettier-ignore
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect((await papyra(['archive', 'verify', '--archive', roots.archive])).code).toBe(0);
  });
});

describe('compression', () => {
  const store = (compression: string) => {
    const shelf = new Shelf();
    writeFileSync(shelf.log, lines(0, 100));
    const config = tempConfig({ persistence: { backend: 'json', path: shelf.log, retention: { max_records: 1 }, archive: { dir: shelf.archive, compression } } }); // prettier-ignore
    return { shelf, config };
  };

  test('auto is zstd where Node has it, else gzip', async () => {
    const { shelf, config } = store('auto');
    expect((await papyra(['persistence', 'compact', '--config', config])).code).toBe(0);
    expect(shelf.files()[0]).toMatch(HAS_ZSTD ? /\.ndjson\.zst$/ : /\.ndjson\.gz$/);
    expect((await shelf.restored()).text).toBe(lines(0, 99));
  });

  test.skipIf(HAS_ZSTD)('zstd on a Node without it is refused, and its archives are named', async () => {
    const { shelf, config } = store('zstd');
    const refused = await papyra(['persistence', 'compact', '--config', config]);
    expect(refused.code).toBe(78);
    expect(refused.stderr).toContain('Node 22.15 or later');
    expect(readFileSync(shelf.log, 'utf8')).toBe(lines(0, 100));
    writeFileSync(join(shelf.archive, 'papyra-archive_events.ndjson_undated_undated_20250101T000000Z-00000000.ndjson.zst'), 'x');
    const verified = await shelf.run<ArchiveVerification>('verify');
    expect(verified.code).toBe(1);
    expect(verified.document.archives[0]).toMatchObject({ state: 'unreadable', notes: [expect.stringContaining('22.15')] });
    const listed = await papyra(['inspect', 'events', '--path', shelf.log, '--archive', shelf.archive]);
    expect(listed.code).toBe(74);
    expect(listed.stderr).toContain('zstd -dc');
  }); // prettier-ignore
});

test('a large archive is verified and restored in bounded memory', async () => {
  const shelf = new Shelf();
  const pad = ` "pad": "${'x'.repeat(200)}",`;
  const block = Array.from({ length: 10_000 }, (_, n) => `${record(n, pad)}\n`).join('');
  for (let at = 0; at < 80; at++) appendFileSync(shelf.log, block);
  appendFileSync(shelf.log, `${record(1e6)}\n`);
  const bytes = block.length * 80;
  const base = peakMemory(['-e', '0']).mib;
  const compacted = await compact(['--path', shelf.log, '--max-records', '1', '--offline', '--archive', shelf.archive]); // prettier-ignore
  expect(compacted.code).toBe(0);
  const to = join(shelf.directory, 'back');
  const place = ['--archive', shelf.archive, '--path', shelf.log];
  const verified = peakMemory([PAPYRA, 'archive', 'verify', ...place]);
  const restored = peakMemory([PAPYRA, 'archive', 'restore', '--to', to, ...place]);
  const filtered = peakMemory([PAPYRA, 'archive', 'restore', '--kind', 'events', '--to', `${to}2`, ...place]); // prettier-ignore
  const over = [verified, restored, filtered].map(({ mib }) => Math.round(mib - base));
  console.log(`${Math.round(bytes / 1e6)} MB: verify, restore and restore by kind took ${over.join(', ')} MiB over Node's own`);
  expect([verified, restored, filtered].map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(readFileSync(to).length).toBe(bytes);
  expect(Math.max(...over)).toBeLessThan(64);
}, 120_000); // prettier-ignore

test('the restoration says what it did', async () => {
  const shelf = await new Shelf().runs(2);
  const to = join(shelf.directory, 'back');
  const { document } = await shelf.run<ArchiveRestoration>('restore', '--to', to);
  expect(document).toMatchObject({
    schema: 'papyra.archive-restoration/v1',
    store: 'events.ndjson',
    to,
    records: 199,
    archives: 2,
    repeated: 0,
    skipped: [],
  });
  expect((await shelf.run('restore', '--to', `${to}2`, '--quiet')).stdout).toBe('');
});

import { execa } from 'execa';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { compactByPython } from '../support/oracle.js';
import { BARE, compact, papyra, PAPYRA, SHARED_DATA } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { records } from '../support/records.js';
import { untilAtWork } from '../live/run.js';
import { tempDirectory, tempLog } from '../support/temp.js';

const START = 1_790_000_000;
const STEP = 97.123456;
const MAX_BYTES = 120_000;

/** A set as the runtime leaves it: `.4` is the oldest. Some lines are odd when `odd` says so. */
function makeSet(options: { seed?: number; count?: number; odd?: Random; top?: number } = {}) {
  const { seed = 1, count = 2300, odd, top = 4 } = options;
  const path = join(tempDirectory(), 'events.log');
  const files: string[] = [''];
  for (const record of records({ seed, count, start: START, step: STEP })) {
    const line = odd?.chance(0.03) ? odd.pick(['broken', '{"undated": 1}', ' ', '{}']) : record;
    if (files.at(-1)!.length + line.length + 1 > MAX_BYTES) files.push('');
    files.push(`${files.pop()!}${line}\n`);
  }
  const kept = files.slice(-(top + 1));
  kept.forEach((content, index) => {
    const number = kept.length - 1 - index;
    writeFileSync(number === 0 ? path : `${path}.${number}`, content);
  });
  return path;
}

const nameOf = (path: string, index: number) => (index === 0 ? path : `${path}.${index}`);

/** The whole set as one log, the oldest file first. */
function contentOf(path: string): string {
  let content = '';
  for (let index = 9; index >= 0; index--) {
    const name = nameOf(path, index);
    if (existsSync(name)) content += readFileSync(name, 'utf8');
  }
  return content;
}

const FLAGS = ['--backend', 'rotating', '--max-bytes', String(MAX_BYTES)];
const run = (path: string, ...flags: string[]) => compact([...FLAGS, '--path', path, ...flags]);

const DAY = 86_400;
const ageOf = (seconds: number) => `${Math.round(Date.now() / 1000 - seconds)}s`;
const lines = (content: string) => content.split('\n').filter(Boolean);

describe('a rotating set', () => {
  test.runIf(existsSync(SHARED_DATA))(
    'of the real runtime: each policy keeps what a plain model keeps, untouched files their inode',
    async () => {
      const names = ['events.log', ...[1, 2, 3, 4].map((index) => `events.log.${index}`)];
      for (const [flags, rules] of policies()) {
        const path = join(tempDirectory(), 'events.log');
        for (const name of names) {
          writeFileSync(
            join(dirname(path), name),
            readFileSync(join(SHARED_DATA, 'rotating', name)),
          );
        }
        await expectModel(path, flags, rules);
      }
    },
  );

  test('with odd lines: each policy keeps what a plain model keeps', async () => {
    const random = new Random(testSeed('rotating set'));
    for (const [flags, rules] of policies()) {
      await expectModel(makeSet({ seed: random.below(1000), odd: random }), flags, rules);
    }
  });

  /** With the model of the oracle, over the set as one log. */
  async function expectModel(path: string, flags: string[], rules: object): Promise<void> {
    const before = contentOf(path);
    const inodes = new Map<string, number>();
    for (let index = 0; index < 5; index++) {
      if (existsSync(nameOf(path, index))) inodes.set(readFileSync(nameOf(path, index), 'utf8'), statSync(nameOf(path, index)).ino); // prettier-ignore
    }
    const preview = await run(path, ...flags, '--dry-run');
    const { code, report, stderr } = await run(path, ...flags);
    expect({ flags, code, stderr: code === 0 ? '' : stderr }).toEqual({ flags, code: 0, stderr: '' }); // prettier-ignore
    const now = Date.now() / 1000;
    const [model] = compactByPython([{ log: tempLog(before), rules: { now, ...rules } }]);
    // Blank lines go file by file: only with one that is rewritten anyway.
    const squeezed = (text: string) =>
      lines(text)
        .filter((line) => line.trim() !== '')
        .join('\n');
    expect([flags, squeezed(contentOf(path))]).toEqual([flags, squeezed(model!.kept.toString())]);
    expect(report.records.dropped).toBe(model!.dropped);
    expect(preview.report.records).toEqual(report.records);
    expect(preview.report.parts.map(({ name, kept }) => [name, kept])).toEqual(report.parts.map(({ name, kept }) => [name, kept])); // prettier-ignore
    for (const part of report.parts.filter(({ action }) => action === 'unchanged')) {
      const name = join(dirname(path), part.name);
      expect(statSync(name).ino).toBe(inodes.get(readFileSync(name, 'utf8')));
    }
    for (const part of report.parts.filter(({ action }) => action === 'removed')) {
      expect(existsSync(join(dirname(path), part.name))).toBe(false);
    }
    const left = readdirSync(dirname(path)).filter((name) => name.startsWith('.') && !/lock$|^\.papyra$/.test(name)); // prettier-ignore
    expect(left).toEqual([]);
  }

  function policies(): [string[], object][] {
    const middle = START + STEP * 1000;
    const age = ageOf(middle);
    const max_age_seconds = Number.parseInt(age);
    return [
      [['--max-records', '1000'], { max_records: 1000 }],
      [['--max-records', '1'], { max_records: 1 }],
      [['--max-total-bytes', '300000'], { max_total_bytes: 300_000 }],
      [['--max-age', age], { max_age_seconds }],
      [['--max-age', age, '--max-records', '700', '--max-total-bytes', '100kB'], { max_age_seconds, max_records: 700, max_total_bytes: 100_000 }],
      [['--max-age', age, '--unreadable', 'drop', '--undated', 'drop'], { max_age_seconds, unreadable: 'drop', undated: 'drop' }],
      [['--max-age', '1000w'], { max_age_seconds: 1000 * 7 * DAY }],
    ]; // prettier-ignore
  }

  test('a rotated file ends its last line, the active one may be in the middle of one', async () => {
    const path = makeSet({ count: 10, top: 0 });
    writeFileSync(`${path}.1`, '{"n": 1, "timestamp": 1.5}\n{"n": 2, "timestamp": 2.5}');
    appendFileSync(path, '{"half": ');
    const { report } = await run(path, '--max-age', '1000w');
    expect(report.records).toMatchObject({ scanned: 12, dropped: 2 });
    expect(existsSync(`${path}.1`)).toBe(false);
    expect(contentOf(path).endsWith('{"half": ')).toBe(true);
  });

  test('an archive holds what goes, of all files, the oldest first', async () => {
    const path = makeSet();
    const before = lines(contentOf(path));
    const archive = tempDirectory();
    const { report } = await run(path, '--max-records', '1000', '--archive', archive);
    const [name] = readdirSync(archive).filter((one) => one.startsWith('papyra-archive_'));
    expect(report.archive).toBe(join(archive, name!));
    const archived = lines(gunzipSync(readFileSync(join(archive, name!))).toString());
    expect(archived).toEqual(before.slice(0, -1000));
  });

  test('in place: the oldest file that is left and the active one shrink without a copy', async () => {
    const path = makeSet();
    const before = lines(contentOf(path));
    const inode = statSync(`${path}.2`).ino;
    const { report } = await run(path, '--max-records', '1000', '--in-place');
    expect(report.parts.map(({ action }) => action)).toEqual(['removed', 'removed', 'collapsed', 'unchanged', 'unchanged']); // prettier-ignore
    expect(statSync(`${path}.2`).ino).toBe(inode);
    const left = lines(contentOf(path)).filter((line) => !line.startsWith('{"kind":"compaction"'));
    expect(left.slice(-1000)).toEqual(before.slice(-1000));
    expect(left.length).toBeLessThan(1040);
  });

  test('a second name, as a backup makes it, keeps its content: only the set’s own name goes', async () => {
    const path = makeSet();
    const backup = join(tempDirectory(), 'backup');
    linkSync(`${path}.4`, backup);
    const content = readFileSync(backup, 'utf8');
    expect((await run(path, '--max-records', '1000')).code).toBe(0);
    expect([existsSync(`${path}.4`), readFileSync(backup, 'utf8') === content]).toEqual([false, true]); // prettier-ignore
  });
});

describe('a set that is not as it should be', () => {
  test('an index that max_files does not allow: 78 that names both', async () => {
    const path = makeSet();
    const { code, stderr } = await run(path, '--max-records', '9', '--max-files', '4');
    expect([code, stderr]).toEqual([78, expect.stringMatching(/events\.log\.4.*\.3[^]*max_files/)]);
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith('events')).length).toBe(5);
  });

  test('files that do not belong to it are left alone, with a word', async () => {
    const path = makeSet();
    for (const name of ['bak', '2.gz', '07']) writeFileSync(`${path}.${name}`, 'x');
    const { code, stderr } = await run(path, '--max-records', '1000');
    expect(code).toBe(0);
    for (const name of ['bak', '2.gz', '07'])
      expect(stderr).toContain(`events.log.${name} is not part`);
    expect(readFileSync(`${path}.07`, 'utf8')).toBe('x');
  });

  test('a gap in the numbers, and no active file: what is there is compacted', async () => {
    const path = makeSet();
    rmSync(`${path}.2`);
    rmSync(path);
    const before = lines(contentOf(path));
    const { code, report } = await run(path, '--max-records', '600');
    expect([code, report.records.kept]).toEqual([0, 600]);
    expect(lines(contentOf(path))).toEqual(before.slice(-600));
  });

  test('nothing there at all: 66 with --path', async () => {
    const path = join(tempDirectory(), 'events.log');
    expect((await run(path, '--max-records', '9')).code).toBe(66);
  });

  test('max_files 1: one file', async () => {
    const path = makeSet({ top: 0, count: 300 });
    const before = lines(contentOf(path));
    const { code } = await run(path, '--max-records', '100', '--max-files', '1');
    expect([code, lines(contentOf(path))]).toEqual([0, before.slice(-100)]);
  });

  test('an active file that is a symbolic link: 78, since the runtime would rotate the link', async () => {
    const path = makeSet();
    renameSync(path, `${path}-real`);
    symlinkSync(`${path}-real`, path);
    const { code, stderr } = await run(path, '--max-records', '1000');
    expect([code, stderr]).toEqual([78, expect.stringContaining('symbolic link')]);
  });

  test('a directory in place of a file: 66 that names it', async () => {
    const path = makeSet();
    rmSync(`${path}.3`);
    mkdirSync(`${path}.3`);
    const { code, stderr } = await run(path, '--max-records', '1000');
    expect([code, stderr]).toEqual([66, expect.stringContaining('events.log.3')]);
  });

  test('rotation that has stalled is said, and goes on when the oldest file goes', async () => {
    const path = makeSet();
    appendFileSync(path, contentOf(path).slice(-100_000));
    const stalled = await run(path, '--max-age', '1000w', '--dry-run');
    expect(stalled.stderr).toContain('rotation has stalled');
    const { code } = await run(path, '--max-records', '1000');
    expect([code, existsSync(`${path}.4`)]).toEqual([0, false]);
  });

  test('a line that nobody may drop pins the oldest file: which one, and the remedy', async () => {
    const path = makeSet();
    writeFileSync(`${path}.4`, `${lines(readFileSync(`${path}.4`, 'utf8'))[0]!}\nbroken\n`);
    const { report } = await run(path, '--max-records', '1000');
    const at = report.parts[0]!.bytes_before! - 'broken\n'.length;
    expect(report.parts[0]).toMatchObject({
      name: 'events.log.4',
      action: 'rewritten',
      pinned_by: expect.stringMatching(
        new RegExp(`unreadable line at byte ${at}: .*recover`),
      ) as string,
    });
    expect(readFileSync(`${path}.4`, 'utf8')).toBe('broken\n');
  });

  test('nothing would be left: 65; the names of nothing are touched', async () => {
    const path = makeSet();
    const before = contentOf(path);
    const { code } = await run(path, '--max-age', '1s');
    expect([code, contentOf(path) === before]).toEqual([65, true]);
    expect((await run(path, '--max-age', '1s', '--allow-empty')).code).toBe(0);
    expect(contentOf(path)).toBe('');
  });

  test('empty files that an earlier run left go, also when nothing has expired', async () => {
    const path = makeSet({ top: 2 });
    writeFileSync(`${path}.3`, '');
    const { code, report } = await run(path, '--max-age', '1000w');
    expect([code, report.parts[0]?.action, existsSync(`${path}.3`)]).toEqual([0, 'removed', false]);
  });

  test('the table has a line for each file, within 80 columns', async () => {
    const path = makeSet();
    const { stdout } = await papyra(['persistence', 'compact', ...FLAGS, '--path', path, '--max-records', '1000']); // prettier-ignore
    expect(stdout).toMatch(/\.4 +\d+ +0 +0 B .*removed/);
    for (const line of stdout.split('\n')) {
      if (!line.includes(path)) expect(line.length).toBeLessThanOrEqual(80);
    }
  });

  test('one that holds nothing but blank lines goes', async () => {
    const path = makeSet({ top: 2 });
    writeFileSync(`${path}.4`, '\n \n');
    const { code, report } = await run(path, '--max-age', '1000w');
    expect([code, report.parts[0]?.action, report.bytes.reclaimed]).toEqual([0, 'removed', 3]);
    expect(existsSync(`${path}.4`)).toBe(false);
  });

  test('a file that cannot shrink in place does not keep the expired ones: partial, 74', async () => {
    const path = makeSet();
    linkSync(`${path}.2`, join(tempDirectory(), 'backup'));
    const { code, report } = await run(path, '--max-records', '1000', '--in-place');
    expect([code, report.status]).toEqual([74, 'partial']);
    expect(report.parts.map(({ action }) => action)).toEqual(['removed', 'removed', 'unchanged', 'unchanged', 'unchanged']); // prettier-ignore
    expect(report.records.scanned).toBe(report.records.kept! + report.records.dropped!);
  });

  test('an old file that a run on the active file alone left is drained, not dropped', async () => {
    const path = makeSet({ top: 1 });
    const before = lines(contentOf(path));
    const old = join(tempDirectory(), 'old');
    const late = '{"n": 1, "timestamp": 4000000000.5}\n';
    writeFileSync(old, late);
    const { size } = statSync(path);
    linkSync(old, join(dirname(path), `.events.log.papyra.old.0.${size}`));
    rmSync(old);
    const { code, stderr } = await run(path, '--max-age', '1000w');
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 late record')]);
    expect(lines(contentOf(path)).filter((line) => line.trim() !== '')).toEqual([...before, late.trim()]); // prettier-ignore
  });
});

describe('a set that rotates soon', () => {
  /** A set whose active file is so near to max_bytes that only three quiet seconds help. */
  function nearlyFull() {
    const path = makeSet({ top: 2 });
    return { path, flags: ['--max-bytes', String(statSync(path).size + 200)] };
  }

  test('and at which nobody writes is done in one run, whatever it takes', async () => {
    const { path, flags } = nearlyFull();
    const before = lines(contentOf(path));
    writeFileSync(`${path}.3`, '{"n": 1, "timestamp": 1.5}\n');
    const { code, stderr, report } = await run(path, '--max-records', '500', ...flags);
    expect([code, stderr]).toEqual([0, '']);
    expect(report.parts.map(({ action }) => action).slice(0, 2)).toEqual(['removed', 'removed']);
    expect(lines(contentOf(path))).toEqual(before.slice(-500));
  });

  test('a time limit ends the run with what is done, and the next one goes on', async () => {
    const { path, flags } = nearlyFull();
    const before = lines(contentOf(path));
    const limited = await run(path, '--max-records', '500', ...flags, '--max-duration', '1.5s');
    expect([limited.code, limited.report.status]).toEqual([0, 'stopped']);
    const [oldest, ...others] = limited.report.parts;
    expect(oldest).toMatchObject({ action: 'emptied', kept: 0 });
    expect(others.at(-1)).toMatchObject({ action: 'unchanged', dropped: 0 });
    expect(limited.report.records.dropped).toBeGreaterThan(0);
    expect((await run(path, '--max-records', '500', ...flags)).report.status).toBe('compacted');
    expect(lines(contentOf(path))).toEqual(before.slice(-500));
  });

  test('a stop that is asked for while names may move is one: 143', async () => {
    const { path, flags } = nearlyFull();
    const args = ['persistence', 'compact', ...FLAGS, '--path', path, '--max-records', '500', ...flags]; // prettier-ignore
    const child = execa(process.execPath, [PAPYRA, ...args], { env: BARE, extendEnv: false, reject: false }); // prettier-ignore
    await untilAtWork(path);
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(143);
  });

  test('an unlink that fails is the failure of that part: the report comes, the others are done', async () => {
    const path = makeSet();
    // Its directory is held open: by one of these numbers.
    const names = Array.from({ length: 40 }, (_, fd) => [
      '-P',
      `/proc/self/fd/${fd}/${basename(path)}.4`,
    ]);
    const words = ['-f', '-qq', '-o', '/dev/null', ...names.flat(), '-e', 'inject=unlink:error=EIO', process.execPath, PAPYRA]; // prettier-ignore
    const { exitCode, stdout } = await execa('strace', [...words, 'persistence', 'compact', '--json', ...FLAGS, '--path', path, '--max-records', '1000'], { env: BARE, extendEnv: false, reject: false }); // prettier-ignore
    expect(exitCode).toBe(74);
    const report = JSON.parse(stdout) as { status: string; parts: { action: string }[] };
    expect([report.status, ...report.parts.map(({ action }) => action)]).toEqual(['partial', 'emptied', 'removed', 'rewritten', 'unchanged', 'unchanged']); // prettier-ignore
  });
});

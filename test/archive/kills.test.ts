import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { injectAt, record, where, type Point, type Trace } from '../crash/strace.js';
import { compact, papyra } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
/** Runs that are killed, of each kind. */
const KILLS = soak ? 60 : 6;

const FILLER = /^\{"kind":"compaction","timestamp":0,"nonce":"[0-9a-z]{10}","pad":" *"\}$/;

interface Kind {
  name: string;
  flags: string[];
  /** Timestamps that are not in order: what goes lies between what stays. */
  mixed: boolean;
  rotating: boolean;
}

const KINDS: Kind[] = [
  { name: 'rewrite', flags: [], mixed: false, rotating: false },
  { name: 'rewrite, times in no order', flags: [], mixed: true, rotating: false },
  { name: 'in place', flags: ['--in-place'], mixed: false, rotating: false },
  { name: 'rotating', flags: ['--backend', 'rotating', '--max-files', '4', '--max-bytes', '30000'], mixed: false, rotating: true },
]; // prettier-ignore

/** A store that is written to, compacted with an archive and killed, again and again. */
class Stage {
  readonly directory = join(tempDirectory(), 'data');
  readonly archive = join(this.directory, 'archive');
  readonly log = join(this.directory, 'events.ndjson');
  written: string[] = [];
  #n = 0;

  constructor(
    readonly kind: Kind,
    readonly random: Random,
  ) {
    mkdirSync(this.archive, { recursive: true });
    if (kind.rotating) for (let at = 0; at < 3; at++) this.#rotate();
    this.append(400);
  }

  /** Now and then the same bytes as before: they are another record. */
  append(lines: number): void {
    const now = Date.now() / 1000;
    let text = '';
    for (let at = 0; at < lines; at++) {
      const isTwin = this.random.below(8) === 0 && this.written.length > 0;
      const age = this.kind.mixed ? this.random.below(2) * 1_000_000 : 0;
      const line = isTwin
        ? this.written[
            this.written.length - 1 - this.random.below(Math.min(50, this.written.length))
          ]!
        : `{"kind": "event", "n": ${this.#n++}, "pad": "${'x'.repeat(this.random.below(60))}", "timestamp": ${now - 2_000_000 + this.#n - age}}`;
      this.written.push(line);
      text += `${line}\n`;
    }
    appendFileSync(this.log, text);
  }

  #rotate(): void {
    for (let at = 2; at > 0; at--) {
      const from = at === 1 ? this.log : `${this.log}.${at - 1}`;
      if (existsSync(from)) writeFileSync(`${this.log}.${at}`, readFileSync(from));
    }
    rmSync(this.log, { force: true });
    this.append(250);
  }

  args(): string[] {
    const keep = 50 + this.random.below(300);
    const limit = this.kind.mixed
      ? ['--max-age', `${1_500_000 + this.random.below(1_500_000)}s`]
      : ['--max-records', String(keep)];
    return ['--path', this.log, ...this.kind.flags, ...limit, '--allow-empty', '--offline', '--archive', this.archive]; // prettier-ignore
  }

  inLog(): string[] {
    const files = readdirSync(this.directory).filter((name) =>
      /^events\.ndjson(\.\d)?$/.test(name),
    );
    return files
      .sort()
      .reverse()
      .flatMap((name) => readFileSync(join(this.directory, name), 'utf8').split('\n'))
      .filter((line) => line !== '' && !FILLER.test(line));
  }

  async restored(): Promise<string[]> {
    const to = join(this.directory, '..', 'restored');
    rmSync(to, { force: true });
    const store = ['--path', this.log, ...(this.kind.rotating ? ['--backend', 'rotating'] : [])];
    const { code, stderr } = await papyra(['archive', 'restore', '--archive', this.archive, '--to', to, ...store]); // prettier-ignore
    if (code === 66) return [];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return readFileSync(to, 'utf8').split('\n').slice(0, -1);
  }

  /**
   * What was dropped and what stays are all that was written: once each, in order. After a kill in place the last lines
   * of a head may be gone before the first ones are.
   */
  async expectAll(at: string, isKilled = false): Promise<void> {
    const restored = await this.restored();
    const all = [...restored, ...this.inLog()];
    const expected = [...this.written];
    if (!this.kind.mixed) {
      let next = 0;
      for (const line of restored) next = expected.indexOf(line, next) + 1 || NaN;
      expect({ at, isInOrder: !Number.isNaN(next) }).toEqual({ at, isInOrder: true });
    }
    if (this.kind.mixed || isKilled) {
      all.sort();
      expected.sort();
    }
    expect({ at, lines: all.length }).toEqual({ at, lines: expected.length });
    expect(
      all.every((line, index) => line === expected[index]),
      at,
    ).toBe(true);
  }
}

test.each(KINDS)('$name: runs that are killed anywhere, archives and log together hold all that was written, once each, in order', async (kind) => {
  const seed = testSeed(kind.name);
  const random = new Random(seed);
  const stage = new Stage(kind, random);
  const trace = await tracedRun(stage);
  const points = pick(trace.points, KILLS, random);
  let killed = 0;
  for (const point of points) {
    stage.append(150 + random.below(200));
    const { code } = await injectAt(point, 'signal=SIGKILL', trace.paths, ['persistence', 'compact', ...stage.args()]);
    if (code === 137) killed += 1;
    await stage.expectAll(`seed ${seed}, ${where(point)}, exit code ${code}`, kind.flags.includes('--in-place'));
  }
  stage.append(300);
  const { code, stderr } = await compact(stage.args());
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  await stage.expectAll(`seed ${seed}, at the end`);
  const verified = await papyra(['archive', 'verify', '--archive', stage.archive, '--path', stage.log, '--json']);
  expect(verified.code, verified.stdout).toBe(0);
  console.log(`${kind.name}, seed ${seed}: ${killed} of ${points.length} runs killed, ${stage.written.length} records, 0 lost, 0 twice`);
  expect(killed).toBeGreaterThan(0);
}, 600_000); // prettier-ignore

async function tracedRun(stage: Stage): Promise<Trace> {
  const { run, ...trace } = await record(stage.directory, [
    'persistence',
    'compact',
    ...stage.args(),
  ]);
  expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({
    code: 0,
    stderr: '',
  });
  await stage.expectAll('the first run');
  return trace;
}

/** Spread over the run. */
function pick(points: readonly Point[], count: number, random: Random): Point[] {
  if (points.length <= count) return [...points];
  return Array.from({ length: count }, (_, at) => points[Math.floor(((at + random.next()) / count) * points.length)]!); // prettier-ignore
}

import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { papyra } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { injectAt, record, type Point } from './strace.js';

const live = (n: number) => `{"kind": "event", "n": ${n}, "timestamp": 4000000000.5}\n`;
const EXPIRED = '{"kind": "event", "timestamp": 1.5}\n';
const KEPT = Array.from({ length: 40 }, (_, index) => live(index)).join('') + 'unreadable\n';
const BEFORE = EXPIRED.repeat(40) + KEPT;

/** A directory that is made anew, under the same name, for each crash. */
function scene() {
  const directory = join(tempDirectory(), 'data');
  const log = join(directory, 'events.ndjson');
  return {
    directory,
    log,
    reset(content = BEFORE) {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
      writeFileSync(log, content);
      chmodSync(log, 0o640);
    },
    leftovers: () =>
      readdirSync(directory).filter(
        (name) => !['events.ndjson', '.papyra', '.events.ndjson.papyra.lock'].includes(name),
      ),
    args: ['persistence', 'compact', '--path', log, '--max-age', '52w'],
  };
}

function where(point: Point): string {
  return `${point.call} ${point.when}`;
}

/** In every state the log is there, and holds what must stay: once, whole, in order. */
function expectNothingLost(log: string, at: string): void {
  const content = readFileSync(log, 'utf8');
  expect({ at, kept: content.replaceAll(EXPIRED, '') }).toEqual({ at, kept: KEPT });
}

describe('a rewrite that is killed at any system call that changes storage', () => {
  test('leaves a log that lacks nothing, and the next run finishes and leaves no file', async () => {
    const { directory, log, reset, leftovers, args } = scene();
    reset();
    const { points, paths, run } = await record(directory, args);
    expect(run.code).toBe(0);
    expect(points.map(({ call }) => call)).toEqual(
      expect.arrayContaining(['rename', 'link', 'unlink', 'fsync']),
    );
    let killed = 0;
    for (const point of points) {
      reset();
      const { code } = await injectAt(point, 'signal=SIGKILL', paths, args);
      if (code === 137) killed += 1;
      expectNothingLost(log, where(point));
      const next = await papyra(args);
      expect({ at: where(point), code: next.code, left: leftovers() }).toEqual({
        at: where(point),
        code: 0,
        left: [],
      });
      expect(readFileSync(log, 'utf8')).toBe(KEPT);
    }
    console.log(`rewrite: ${points.length} kill points, ${killed} killed, 0 lost, 0 left over`);
    expect(killed).toBe(points.length);
  }, 300_000);

  test.each(['ENOSPC', 'EIO'])(
    'that fails with %s there: 74 or done, nothing lost, nothing left after the next run',
    async (errno) => {
      const { directory, log, reset, leftovers, args } = scene();
      reset();
      const { points, paths } = await record(directory, args);
      const codes: Record<number, number> = {};
      for (const point of points) {
        reset();
        const { code, stderr } = await injectAt(point, `error=${errno}`, paths, args);
        codes[code] = (codes[code] ?? 0) + 1;
        expect({ at: where(point), code, stderr }).toMatchObject({
          code: expect.toSatisfy((seen: number) => seen === 0 || seen === 74) as number,
          stderr: expect.not.stringMatching(/^\s+at /m) as string,
        });
        expectNothingLost(log, where(point));
        // A failure before the rename takes everything back.
        if (readFileSync(log, 'utf8') === BEFORE && code === 74)
          expect([where(point), leftovers()]).toEqual([where(point), []]);
        const next = await papyra(args);
        expect({ at: where(point), code: next.code, left: leftovers() }).toEqual({
          at: where(point),
          code: 0,
          left: [],
        });
        expect(readFileSync(log, 'utf8')).toBe(KEPT);
      }
      console.log(
        `rewrite, ${errno}: ${points.length} points, exit codes ${JSON.stringify(codes)}`,
      );
    },
    300_000,
  );
});

describe('a clean-up that is killed at any system call that changes storage', () => {
  test('brings over late records once, whatever killed it before', async () => {
    const { directory, log, reset, leftovers, args } = scene();
    reset();
    const { points, paths } = await record(directory, args);
    const afterRename = points.findIndex(({ call }) => call === 'rename') + 1;
    const late = [live(1000), live(1001), live(1001), live(1002)].join('');
    const torn = '{"kind": "event", "n": 77';

    /** Killed right after the rename, with a writer still at the old file. */
    const crashed = async () => {
      reset();
      await injectAt(points[afterRename]!, 'signal=SIGKILL', paths, args);
      const [old] = leftovers();
      expect(old).toMatch(/^\.events\.ndjson\.papyra\.old\.\d+\.\d+$/);
      appendFileSync(join(directory, old!), late + torn);
      appendFileSync(log, live(2000));
    };
    await crashed();
    const recovery = await record(directory, args);
    expect(recovery.run.code).toBe(0);
    expect(recovery.run.stdout + recovery.run.stderr).toContain('late records');
    for (const point of recovery.points) {
      await crashed();
      await injectAt(point, 'signal=SIGKILL', [...paths, ...recovery.paths], args);
      const next = await papyra(args);
      expect({ at: where(point), code: next.code, left: leftovers() }).toEqual({
        at: where(point),
        code: 0,
        left: [],
      });
      const lines = readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '');
      const expected = (KEPT + late + live(2000) + torn).split('\n').filter(Boolean);
      expect({ at: where(point), lines: lines.sort() }).toEqual({
        at: where(point),
        lines: expected.sort(),
      });
    }
    console.log(`clean-up: ${recovery.points.length} kill points, 0 lost, 0 twice, 0 left over`);
  }, 300_000);
});

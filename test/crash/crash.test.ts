import { appendFileSync, chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot, papyra, PLAIN_USER } from '../support/papyra.js';
import {
  BEFORE,
  expectCompacted,
  expectNothingLost,
  EXPIRED,
  KEPT,
  live,
  MODES,
  scene,
} from './scene.js';
import { failEverywhere, killEverywhere, type Store } from './faults.js';
import { injectAt, record, where } from './strace.js';

const soak = process.env['PAPYRA_SOAK'] === '1';

/** The short form tries every kill, and a part of the failures. */
const FAILURE_STEP = soak ? 1 : 4;
const ERRORS = soak ? ['ENOSPC', 'EIO', 'EDQUOT', 'EROFS'] : ['ENOSPC'];

/** A log in one of the ways to compact it. */
function store(mode: string): Store {
  const { log, archived, leftovers, ...made } = scene(mode);
  return {
    ...made,
    leftovers,
    expectNothingLost: (at) => expectNothingLost(log, at),
    expectCompacted: (at) => expectCompacted(log, at),
    afterKill: (at) => {
      if (!mode.includes('archive') || readFileSync(log, 'utf8') === BEFORE) return;
      // What may be gone from the log is in the archive.
      expect([at, archived().startsWith(EXPIRED.repeat(500))]).toEqual([at, true]);
    },
    afterFailure: (at, code) => {
      // A failure before the first change takes everything back.
      if (readFileSync(log, 'utf8') === BEFORE && code === 74 && !mode.includes('in place')) {
        expect([at, leftovers()]).toEqual([at, []]);
      }
    },
  };
}

describe.each(Object.keys(MODES))('%s', (mode) => {
  test('killed at any system call that changes storage: nothing lost, the next run finishes and leaves no file', async () => {
    await killEverywhere(mode, store(mode));
  }, 600_000);

  test.each(ERRORS)(
    'failing with %s there: 74 or done, nothing lost, nothing left after the next run',
    async (errno) => failEverywhere(mode, errno, FAILURE_STEP, store(mode)),
    600_000,
  );
});

test.runIf(isRoot)('root on the log of another user, killed where it gives away what it made: nothing lost, the next run finishes', async () => {
  const own = store('rewrite');
  const reset = () => {
    own.reset();
    for (const path of [own.directory, join(own.directory, 'events.ndjson')]) chownSync(path, PLAIN_USER, PLAIN_USER);
  };
  await killEverywhere('a log of another user', { ...own, reset }, soak ? undefined : ['mkdir', 'fchown', 'fchmod']);
}, 600_000); // prettier-ignore

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
      const at = where(point);
      expect({ at, code: next.code, left: leftovers() }).toEqual({ at, code: 0, left: [] });
      const lines = readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '');
      const expected = (KEPT + late + live(2000) + torn).split('\n').filter(Boolean);
      expect({ at, lines: lines.sort() }).toEqual({ at, lines: expected.sort() });
    }
    console.log(`clean-up: ${recovery.points.length} kill points, 0 lost, 0 twice, 0 left over`);
  }, 600_000);
});

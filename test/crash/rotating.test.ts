import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { papyra } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import { live, where } from './scene.js';
import { injectAt, record } from './strace.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
/** The short form tries every kill, and every third failure. */
const FAILURE_STEP = soak ? 1 : 3;

const EXPIRED = '{"kind": "event", "timestamp": 1.5}\n';
const row = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => live(from + index)).join('');

/** Nothing of .3 stays, some of .2 and of the active file, all of .1. */
const FILES: Record<string, string> = {
  'events.log.3': EXPIRED.repeat(300),
  'events.log.2': EXPIRED.repeat(300) + row(0, 100),
  'events.log.1': row(100, 200),
  'events.log': EXPIRED.repeat(300) + row(200, 300),
};
const KEPT = row(0, 300);

const MODES: Record<string, string[]> = {
  'rotating set': [],
  'rotating set with archive': ['--archive', 'ARCHIVE'],
  'rotating set in place': ['--in-place'],
};

function scene(mode: string) {
  const directory = join(tempDirectory(), 'data');
  const archive = join(directory, 'archive');
  const flags = MODES[mode]!.map((flag) => flag.replace('ARCHIVE', archive));
  return {
    directory,
    args: ['persistence', 'compact', '--backend', 'rotating', '--path', join(directory, 'events.log'), '--max-age', '52w', ...flags], // prettier-ignore
    reset: () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(archive, { recursive: true });
      for (const [name, content] of Object.entries(FILES)) writeFileSync(join(directory, name), content); // prettier-ignore
    },
    leftovers: () => {
      const ours = readdirSync(directory).filter((name) => name.startsWith('.events.log.papyra.'));
      return [
        ...ours.filter((name) => !name.endsWith('.lock')),
        ...readdirSync(archive).filter((name) => !name.endsWith('.gz')),
      ];
    },
    /** All records that have not expired, the oldest file first. */
    kept: () =>
      [3, 2, 1, 0]
        .map((index) => join(directory, index === 0 ? 'events.log' : `events.log.${index}`))
        .filter((name) => existsSync(name))
        .flatMap((name) => readFileSync(name, 'utf8').split('\n'))
        .filter((line) => line.includes('"n"'))
        .map((line) => `${line}\n`)
        .join(''),
    expired: () =>
      Object.keys(FILES).filter((name) => {
        const file = join(directory, name);
        return existsSync(file) && readFileSync(file, 'utf8').startsWith(EXPIRED);
      }),
  };
}

describe.each(Object.keys(MODES))('%s', (mode) => {
  test('killed at any system call that changes storage: nothing lost, the next run finishes and leaves no file', async () => {
    const { directory, args, reset, leftovers, kept, expired } = scene(mode);
    reset();
    const { points, paths, run } = await record(directory, args);
    expect([run.code, kept() === KEPT, expired()]).toEqual([0, true, []]);
    let killed = 0;
    for (const point of points) {
      reset();
      const { code } = await injectAt(point, 'signal=SIGKILL', paths, args);
      if (code === 137) killed += 1;
      const at = where(point);
      expect({ at, kept: kept() }).toEqual({ at, kept: KEPT });
      const next = await papyra(args);
      expect({ at, code: next.code, left: leftovers(), expired: expired() }).toEqual({ at, code: 0, left: [], expired: [] }); // prettier-ignore
      expect({ at, kept: kept() }).toEqual({ at, kept: KEPT });
    }
    console.log(`${mode}: ${points.length} kill points, ${killed} killed, 0 lost, 0 left over`);
    expect(killed).toBe(points.length);
  }, 600_000);

  test.each(['ENOSPC', 'EIO'])(
    'failing with %s there: 74 or done, nothing lost, nothing left after the next run',
    async (errno) => {
      const { directory, args, reset, leftovers, kept, expired } = scene(mode);
      reset();
      const { points, paths } = await record(directory, args);
      const codes: Record<number, number> = {};
      for (const [index, point] of points.entries()) {
        if (index % FAILURE_STEP !== 0) continue;
        reset();
        const at = where(point);
        const { code, stderr } = await injectAt(point, `error=${errno}`, paths, args);
        codes[code] = (codes[code] ?? 0) + 1;
        expect({ at, code, stderr }).toMatchObject({
          code: expect.toSatisfy((seen: number) => seen === 0 || seen === 74) as number,
          stderr: expect.not.stringMatching(/^\s+at |bug in papyra/m) as string,
        });
        expect({ at, kept: kept() }).toEqual({ at, kept: KEPT });
        const next = await papyra(args);
        expect({ at, code: next.code, left: leftovers(), expired: expired() }).toEqual({ at, code: 0, left: [], expired: [] }); // prettier-ignore
        expect({ at, kept: kept() }).toEqual({ at, kept: KEPT });
      }
      console.log(`${mode}, ${errno}: exit codes ${JSON.stringify(codes)}`);
    },
    600_000,
  );
});

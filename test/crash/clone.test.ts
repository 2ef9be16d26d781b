import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { disk } from '../support/mounts.js';
import { isRoot, papyra, type Report } from '../support/papyra.js';
import { placeOrSkip, title } from '../places/log.js';
import { failEverywhere, killEverywhere, type Store } from './faults.js';
import { EXPIRED, live } from './scene.js';
import { injectAt, record } from './strace.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
const FAILURE_STEP = soak ? 1 : 6;

const FILLER = /^\{"kind":"compaction","timestamp":0,"nonce":"[0-9a-z]{10}","pad":" *"\}\n/;
const row = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => live(from + index)).join('');
/** More than a megabyte stays: a clone is worth it. */
const KEPT = row(0, 60_000);

const flags = ['persistence', 'compact', '--max-age', '52w', '--path'];

/** What must hold of files in which all of KEPT is, the oldest file first. */
function store(place: string, content: Record<string, string>, args: string[]): Store {
  const directory = join(place, 'data');
  const names = Object.keys(content);
  const whole = () =>
    names
      .filter((name) => readdirSync(directory).includes(name))
      .map((name) => readFileSync(join(directory, name), 'utf8'));
  const kept = () => whole().map((text) => text.replace(FILLER, '').replaceAll(EXPIRED, '')).join(''); // prettier-ignore
  return {
    directory,
    args: [...args, join(directory, 'events.ndjson')],
    reset: () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
      for (const name of names) writeFileSync(join(directory, name), content[name]!);
    },
    leftovers: () =>
      readdirSync(directory).filter(
        (name) => name.startsWith('.events.ndjson.papyra.') && !name.endsWith('.lock'),
      ),
    expectNothingLost: (at) => expect({ at, same: kept() === KEPT }).toEqual({ at, same: true }),
    expectCompacted: (at) => {
      const expired = whole().some((text) => text.includes(EXPIRED));
      expect({ at, expired, same: kept() === KEPT }).toEqual({ at, expired: false, same: true });
    },
  };
}

const MODES: Record<string, (place: string) => Store> = {
  'a log': (place) => store(place, { 'events.ndjson': EXPIRED.repeat(3000) + KEPT }, flags),
  'a rotating set': (place) =>
    store(
      place,
      {
        'events.ndjson.2': EXPIRED.repeat(3000) + KEPT.slice(0, -row(59_000, 60_000).length),
        'events.ndjson': EXPIRED.repeat(100) + row(59_000, 60_000),
      },
      ['persistence', 'compact', '--backend', 'rotating', '--max-age', '52w', '--path'],
    ),
};

describe.skipIf(!isRoot)(title('on XFS, rewritten with shared blocks'), () => {
  test.for(soak ? Object.keys(MODES) : ['a log'])('%s, killed at any system call that changes storage: nothing lost, the next run finishes and leaves no file', { timeout: 600_000 }, async (mode, { skip }) => {
    const one = MODES[mode]!(placeOrSkip(skip, () => disk('xfs')));
    await expectClone(one);
    await killEverywhere(`clone of ${mode}`, one);
  }); // prettier-ignore

  test.for(['ENOSPC', 'EIO'])('a log, failing with %s there: 74 or done, nothing lost, nothing left after the next run', { timeout: 600_000 }, async (errno, { skip }) => {
    const one = MODES['a log']!(placeOrSkip(skip, () => disk('xfs')));
    await failEverywhere('clone of a log', errno, FAILURE_STEP, one);
  }); // prettier-ignore

  test.for(['EOPNOTSUPP', 'EINVAL', 'EXDEV'])('a log whose blocks cannot be shared after all (%s) is copied', { timeout: 60_000 }, async (errno, { skip }) => {
    const one = MODES['a log']!(placeOrSkip(skip, () => disk('xfs')));
    one.reset();
    const { points, paths } = await record(one.directory, one.args);
    const clone = points.find(({ call }) => call === 'ioctl')!;
    one.reset();
    const { code, stdout } = await injectAt(clone, `error=${errno}`, paths, one.args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Compacted') as string });
    one.expectCompacted(errno);
  }); // prettier-ignore
});

async function expectClone(one: Store): Promise<void> {
  one.reset();
  const { stdout } = await papyra([...one.args, '--json']);
  expect((JSON.parse(stdout) as Report).parts.map(({ method }) => method)).toContain('clone');
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { giveStoreId } from '../support/store-id.js';
import { tempDirectory } from '../support/temp.js';
import { failEverywhere, killEverywhere, type Store } from './faults.js';
import { live } from './scene.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
/** The short form tries every kill, and every third failure. */
const FAILURE_STEP = soak ? 1 : 6;

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

/** A set in one of the ways to compact it. */
function store(mode: string): Store {
  const directory = join(tempDirectory(), 'data');
  const archive = join(directory, 'archive');
  const flags = MODES[mode]!.map((flag) => flag.replace('ARCHIVE', archive));
  /** All records that have not expired, the oldest file first. */
  const kept = () =>
    [3, 2, 1, 0]
      .map((index) => join(directory, index === 0 ? 'events.log' : `events.log.${index}`))
      .filter((name) => existsSync(name))
      .flatMap((name) => readFileSync(name, 'utf8').split('\n'))
      .filter((line) => line.includes('"n"'))
      .map((line) => `${line}\n`)
      .join('');
  const expired = () =>
    Object.keys(FILES).filter((name) => {
      const file = join(directory, name);
      return existsSync(file) && readFileSync(file, 'utf8').startsWith(EXPIRED);
    });
  return {
    directory,
    args: ['persistence', 'compact', '--backend', 'rotating', '--path', join(directory, 'events.log'), '--max-age', '52w', ...flags], // prettier-ignore
    reset: () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(archive, { recursive: true });
      for (const [name, content] of Object.entries(FILES)) writeFileSync(join(directory, name), content); // prettier-ignore
      if (mode.includes('archive')) giveStoreId(join(directory, 'events.log'));
    },
    leftovers: () => {
      const ours = readdirSync(directory).filter((name) => name.startsWith('.events.log.papyra.'));
      return [
        ...ours.filter((name) => !name.endsWith('.lock')),
        ...readdirSync(archive).filter((name) => !/\.gz$|\.papyra-archive\.json$/.test(name)),
      ];
    },
    expectNothingLost: (at) => expect({ at, kept: kept() }).toEqual({ at, kept: KEPT }),
    expectCompacted: (at) => expect({ at, expired: expired(), kept: kept() }).toEqual({ at, expired: [], kept: KEPT }), // prettier-ignore
  };
}

describe.each(Object.keys(MODES))('%s', (mode) => {
  test('killed at any system call that changes storage: nothing lost, the next run finishes and leaves no file', async () => {
    await killEverywhere(mode, store(mode));
  }, 600_000);

  test.each(soak ? ['ENOSPC', 'EIO'] : ['ENOSPC'])(
    'failing with %s there: 74 or done, nothing lost, nothing left after the next run',
    async (errno) => failEverywhere(mode, errno, FAILURE_STEP, store(mode)),
    600_000,
  );
});

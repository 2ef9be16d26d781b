// What asks or reads may fail as well as what changes something: a disk that fails, a file system without attributes,
// a sandbox.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { failEverywhere, type Store } from './faults.js';
import { BEFORE, expectCompacted, expectNothingLost, MODES, scene } from './scene.js';
import { ASKING } from './strace.js';

const soak = process.env['PAPYRA_SOAK'] === '1';

/** A part of them in the short form, in two ways that together make all kinds of calls. */
const STEP = soak ? 1 : 7;
const WAYS = soak ? Object.keys(MODES) : ['rewrite', 'in place with archive'];
/** Done without the answer, or one of the errors that say what to do. */
const ALLOWED = [0, 66, 74, 75, 77, 78];

const ERRORS: Record<string, readonly string[]> = {
  EIO: ASKING.filter((call) => call !== 'statx'),
  EACCES: ['openat', 'readlink', 'getdents64', ...(soak ? ['statx'] : [])],
  EOPNOTSUPP: ['flistxattr', 'fgetxattr', 'ioctl', 'fcntl', 'lseek'],
};

function store(mode: string): Store {
  const { log, ...made } = scene(mode);
  return {
    ...made,
    expectNothingLost: (at) => expectNothingLost(log, at),
    expectCompacted: (at) => expectCompacted(log, at),
    afterFailure: (at, code) => {
      if (code !== 0 && !mode.includes('in place') && readFileSync(log, 'utf8') === BEFORE) expect([at, made.leftovers()]).toEqual([at, []]); // prettier-ignore
    },
  };
}

describe.each(WAYS)('%s', (mode) => {
  test.each(Object.entries(ERRORS))(
    'a question that ends with %s: done or an error in words, nothing lost, nothing left after the next run',
    async (errno, calls) =>
      failEverywhere(mode, errno, STEP, store(mode), { calls, allowed: ALLOWED }),
    600_000,
  );
});

import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { gunzipSync } from 'node:zlib';
import { giveStoreId } from '../support/store-id.js';
import { tempDirectory } from '../support/temp.js';

export const live = (n: number) => `{"kind": "event", "n": ${n}, "timestamp": 4000000000.5}\n`;
export const EXPIRED = '{"kind": "event", "timestamp": 1.5}\n';
export const KEPT =
  Array.from({ length: 300 }, (_, index) => live(index)).join('') + 'unreadable\n';
const FILLER = /^\{"kind":"compaction","timestamp":0,"nonce":"[0-9a-z]{10}","pad":" *"\}\n/;

export const MODES: Record<string, string[]> = {
  rewrite: [],
  'rewrite with archive': ['--archive', 'ARCHIVE'],
  'in place': ['--in-place'],
  'in place with archive': ['--in-place', '--archive', 'ARCHIVE'],
};

/** Expired lines that fill some blocks of the file system, then what must stay. */
export const BEFORE = EXPIRED.repeat(500) + KEPT;

/** A directory that is made anew, under the same name, for each crash. */
export function scene(mode = 'rewrite') {
  const directory = join(tempDirectory(), 'data');
  const archive = join(directory, 'archive');
  const log = join(directory, 'events.ndjson');
  const flags = MODES[mode]!.map((flag) => flag.replace('ARCHIVE', archive));
  return {
    directory,
    log,
    args: ['persistence', 'compact', '--path', log, '--max-age', '52w', ...flags],
    reset: (content = BEFORE) => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(archive, { recursive: true });
      writeFileSync(log, content);
      chmodSync(log, 0o640);
      if (mode.includes('archive')) giveStoreId(log);
    },
    leftovers: () => {
      const beside = ['events.ndjson', 'archive', '.papyra', '.events.ndjson.papyra.lock'];
      return [
        ...readdirSync(directory).filter((name) => !beside.includes(name)),
        ...readdirSync(archive).filter((name) => !/\.gz$|\.papyra-archive\.json$/.test(name)),
      ];
    },
    /** What the archives hold, one after the other. */
    archived: () =>
      readdirSync(archive)
        .filter((name) => name.endsWith('.gz'))
        .map((name) => gunzipSync(readFileSync(join(archive, name))).toString())
        .join(''),
  };
}

/** In every state the log is there, and ends in what must stay: once, whole, in order. */
export function expectNothingLost(log: string, at: string): void {
  const content = readFileSync(log, 'utf8');
  expect({ at, end: content.slice(-KEPT.length) }).toEqual({ at, end: KEPT });
  expect({ at, twice: content.slice(0, -KEPT.length).includes('"n"') }).toEqual({
    at,
    twice: false,
  });
}

/** After a run that finished: nothing before what stays, but fillers at the very start. */
export function expectCompacted(log: string, at: string): void {
  expectNothingLost(log, at);
  let before = readFileSync(log, 'utf8').slice(0, -KEPT.length);
  for (let fillers = 0; fillers < 2; fillers++) before = before.replace(FILLER, '');
  expect({ at, before }).toEqual({ at, before: '' });
}

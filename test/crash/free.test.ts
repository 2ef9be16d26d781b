import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tempDirectory } from '../support/temp.js';
import { failEverywhere, killEverywhere, type Store } from './faults.js';

const soak = process.env['PAPYRA_SOAK'] === '1';

const FILLER = /^\{"kind":"compaction","timestamp":0,"nonce":"[0-9a-z]{10}","pad":" *"\}\n/;

/** Old records, each with its number. */
const old = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => `{"kind": "event", "n": ${from + n}, "timestamp": 1.5, "pad": "${'x'.repeat(80)}"}\n`).join(''); // prettier-ignore
const YOUNG = Array.from({ length: 100 }, (_, n) => `{"live": ${n}, "timestamp": ${(Date.now() / 1000).toFixed(1)}}\n`).join(''); // prettier-ignore
const ODD = 'unreadable\n';

/** The files of a store, the oldest first. What a run that was not disturbed frees is less than the first `mayGo` bytes. */
function store(files: Record<string, string>, mayGo: number, flags: string[]): Store {
  const directory = join(tempDirectory(), 'data');
  const names = Object.keys(files);
  const whole = Object.values(files).join('');
  const active = join(directory, names.at(-1)!);
  const content = () =>
    names
      .map((name) =>
        readdirSync(directory).includes(name) ? readFileSync(join(directory, name), 'utf8') : '',
      ) // prettier-ignore
      .map((text) => text.replace(FILLER, '').replace(FILLER, ''))
      .join('');
  const base = ['persistence', 'compact', '--path', active, '--max-files', '4', ...flags];
  const expectNothingLost = (at: string) => {
    // What stays is the end of what was there; before it may be a rest of what goes.
    const kept = whole.slice(mayGo);
    expect({ at, end: content().endsWith(kept) }).toEqual({ at, end: true });
    if (whole.includes(ODD))
      expect({ at, odd: content().split(ODD).length }).toEqual({ at, odd: 2 });
  };
  return {
    directory,
    args: [...base, '--free', '20KB', '--offline'],
    // One that finishes what was begun, and removes nothing more.
    again: [...base, '--max-records', '1000000', '--offline'],
    reset: () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
      for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    },
    leftovers: () => {
      const known = new RegExp(
        `^(\\.papyra|\\..*\\.papyra\\.lock|events\\.(log|ndjson)(\\.\\d)?)$`,
      );
      return readdirSync(directory).filter((name) => !known.test(name));
    },
    expectNothingLost,
    expectCompacted: expectNothingLost,
  };
}

const STORES: Record<string, () => Store> = {
  'a log, in place': () => store({ 'events.ndjson': old(0, 400) + YOUNG }, 30_000, []),
  'a log with a line that stays, by a rewrite': () =>
    store({ 'events.ndjson': old(0, 5) + ODD + old(5, 400) + YOUNG }, 30_000, []),
  'a rotating set': () =>
    store(
      { 'events.log.3': old(0, 80), 'events.log.2': old(80, 200), 'events.log.1': old(280, 80), 'events.log': YOUNG },
      30_000,
      ['--backend', 'rotating'],
    ),
}; // prettier-ignore

describe.each(Object.keys(STORES))('--free of %s', (name) => {
  test('killed at any system call that changes storage: nothing above the cut is lost, the next run finishes', async () => {
    await killEverywhere(`--free, ${name}`, STORES[name]!());
  }, 600_000);

  test('failing with ENOSPC there: 74 or done, nothing above the cut is lost', async () => {
    await failEverywhere(`--free, ${name}`, 'ENOSPC', soak ? 1 : 6, STORES[name]!());
  }, 600_000);
});

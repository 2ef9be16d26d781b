import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { giveStoreId } from '../support/store-id.js';
import { tempDirectory } from '../support/temp.js';
import { failEverywhere, killEverywhere, type Store } from './faults.js';

const soak = process.env['PAPYRA_SOAK'] === '1';

const record = (n: number): string => `{"kind": "event", "n": ${n}, "timestamp": 1790000000.5}\n`;
const RECORDS = Array.from({ length: 300 }, (_, n) => record(n));
const GARBAGE = ['\0'.repeat(700) + '\n', '{"kind": "event", "n": 12{"kind": "event"}\n', 'text\n'];
const TORN = '{"kind": "event", "n": 300, "time';

/** Damage behind some of the records, and a blank line, which stays. */
const damaged = (to: number, from = 0): string => RECORDS.slice(from, to).map((line, at) => (at % 120 === 7 ? line + GARBAGE[(at - 7) / 120]! : at === 50 ? `${line}\n` : line)).join(''); // prettier-ignore
const intact = (to: number, from = 0): string => RECORDS.slice(from, to).map((line, at) => (at === 50 ? `${line}\n` : line)).join(''); // prettier-ignore

interface Case {
  files: Record<string, { before: string; after: string }>;
  flags?: string[];
  /** What must be in quarantine when it is not in its file any more. */
  quarantined?: boolean;
}

const CASES: Record<string, Case> = {
  'lines and a torn end, rewritten': {
    files: { 'events.ndjson': { before: damaged(300) + TORN, after: intact(300) } },
  },
  'a torn end, cut off in place': {
    files: { 'events.ndjson': { before: intact(300) + TORN, after: intact(300) } },
  },
  'a record without its newline': {
    files: { 'events.ndjson': { before: intact(300).trimEnd(), after: intact(300) } },
  },
  'lines and a torn end, to quarantine': {
    files: { 'events.ndjson': { before: damaged(300) + TORN, after: intact(300) } },
    flags: ['--mode', 'quarantine', '--quarantine-dir', 'QUARANTINE'],
    quarantined: true,
  },
  'a rotating set': {
    files: {
      'events.ndjson.2': { before: intact(100) + TORN, after: intact(100) },
      'events.ndjson.1': { before: damaged(200, 100), after: intact(200, 100) },
      'events.ndjson': { before: damaged(300, 200) + TORN, after: intact(300, 200) },
    },
    flags: ['--backend', 'rotating'],
  },
};

const isRecord = (line: string): boolean => /^\{"kind": "event", "n": \d+, "timestamp": 1790000000\.5\}$/.test(line); // prettier-ignore
const recordsOf = (text: string): string[] => text.split('\n').filter(isRecord);

function store(name: string): Store {
  const { files, flags = [], quarantined } = CASES[name]!;
  const directory = join(tempDirectory(), 'data');
  const quarantine = join(directory, 'quarantine');
  const read = (file: string): string => readFileSync(join(directory, file), 'latin1');
  const all = Object.entries(files);
  return {
    directory,
    args: ['persistence', 'recover', '--path', join(directory, 'events.ndjson'), '--max-drop', '100%', ...flags.map((flag) => flag.replace('QUARANTINE', quarantine))], // prettier-ignore
    reset: () => {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(quarantine, { recursive: true });
      for (const [file, { before }] of all) writeFileSync(join(directory, file), before, 'latin1');
      if (quarantined) giveStoreId(join(directory, 'events.ndjson'));
    },
    leftovers: () => [
      ...readdirSync(directory).filter((file) => !(file in files) && !['quarantine', '.papyra', '.events.ndjson.papyra.lock'].includes(file)),
      ...readdirSync(quarantine).filter((file) => file.startsWith('.')),
    ], // prettier-ignore
    expectNothingLost: (at) => {
      for (const [file, { after }] of all)
        expect([at, file, recordsOf(read(file))]).toEqual([at, file, recordsOf(after)]);
    },
    expectCompacted: (at) => {
      for (const [file, { after }] of all)
        expect([at, file, read(file)]).toEqual([at, file, after]);
    },
    afterKill: (at) => {
      if (!quarantined || read('events.ndjson') === files['events.ndjson']!.before) return;
      const kept = readdirSync(quarantine).filter((file) => file.endsWith('.ndjson')).map((file) => readFileSync(join(quarantine, file), 'utf8')); // prettier-ignore
      const lines = kept.join('').trimEnd().split('\n').map((line) => (JSON.parse(line) as { data: string }).data); // prettier-ignore
      expect([at, [...new Set(lines)]]).toEqual([at, [...GARBAGE, TORN]]);
    },
  };
}

describe.each(Object.keys(CASES))('a recovery: %s', (name) => {
  test('killed at any system call that changes storage: no record lost, the next run finishes and leaves no file', async () => {
    await killEverywhere(name, store(name));
  }, 600_000);

  // The way of a rewrite is that of a compaction, whose failures crash.test.ts tries.
  test.runIf(soak || name.includes('in place') || name.includes('quarantine'))(
    'failing there with EIO: 74 or done, no record lost, nothing left after the next run',
    async () => {
      await failEverywhere(name, 'EIO', soak ? 1 : 8, store(name));
    },
    600_000,
  );
});

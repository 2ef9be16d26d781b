import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { testSeed } from '../support/random.js';
import { sweep } from './sweep.js';
import type { Told } from './told.js';
import { judge, type Evidence } from './verdict.js';
import { drawWorld } from './world.js';

const soak = process.env['PAPYRA_SOAK'] === '1';

describe('worlds drawn from a seed', () => {
  test('in each, every record that a writer was told is written and that the rules keep is there once, whole, in order', async () => {
    const seed = testSeed('worlds');
    const { failed, ...tried } = await sweep({ seed, worlds: soak ? 60 : 2, until: Infinity });
    console.log(JSON.stringify(tried));
    expect(failed).toEqual([]);
  }, 1_800_000);

  test('a seed makes the same decisions each time', () => {
    for (let seed = 0; seed < 200; seed++) expect(drawWorld(seed)).toEqual(drawWorld(seed));
  });
});

const NOW = 4e9;
const line = (n: number, timestamp = NOW) =>
  `{"writer": "w", "n": ${n}, "timestamp": ${timestamp}}`;
const told = (n: number, timestamp = NOW): Told => {
  const [text, time] = [line(n, timestamp), n * 1e9];
  const size = { bytes: text.length + 1, crc: crc32(text) };
  return { writer: 'w', n, begin: time, end: time, timestamp, ...size, state: 'whole' };
};

/** What is wrong with a log to which three records were written. */
function faultsOf(log: string[], more: Partial<Evidence> = {}): string[] {
  const { records, ...verdict } = judge({
    told: [told(0), told(1), told(2)],
    killed: new Set(),
    log,
    elsewhere: [],
    policy: {},
    runs: [],
    cutoff: 0,
    removed: { keys: new Set(), before: -1 },
    unreadable: [],
    repaired: false,
    tornAllowed: 0,
    ...more,
  });
  expect(records).toBe(more.told?.length ?? 3);
  return Object.entries(verdict).flatMap(([what, found]) => found.map(() => what));
}

describe('the judge of a world', () => {
  const whole = [line(0), line(1), line(2)];

  test.each([
    ['nothing where all is there', whole, {}, []],
    ['a record that is missing', [line(0), line(2)], {}, ['lost']],
    ['one that is there twice', [...whole, line(2)], {}, ['twice']],
    ['one whose bytes have changed', [line(0), line(1), line(2, NOW + 1)], {}, ['torn']],
    ['half a line', [line(0), line(1).slice(0, 9), line(1), line(2)], {}, ['torn']],
    ['a record that nobody wrote', [...whole, line(7)], {}, ['torn']],
    ['one that stands too late', [line(1), line(0), line(2)], {}, ['displaced']],
    ['a line of no record that is missing', whole, { unreadable: ['no JSON'] }, ['lost']],
    ['a line of no record that is there once too often', [...whole, 'no', 'no'], { unreadable: ['no'] }, ['torn']], // prettier-ignore
    ['a record that another tool did not remove', [line(0)], { removed: { keys: new Set(['w 1']), before: -1 } }, ['lost']], // prettier-ignore
    ['a record that is no longer among the newest by far', [], { told: Array.from({ length: 900 }, (_, n) => told(n)), policy: { maxRecords: 900 } }, Array<string>(400).fill('lost')], // prettier-ignore
    ['a record that is not archived', [line(2)], { cutoff: NOW + 1, archived: [line(0)] }, ['lost']], // prettier-ignore
  ] as [string, string[], Partial<Evidence>, string[]][])(
    'finds %s',
    (_what, log, more, faults) => {
      expect(faultsOf(log, more)).toEqual(faults);
    },
  );

  test.each([
    ['a record that some run may have dropped by its age', [line(0)], { cutoff: NOW + 1 }],
    ['one that another tool removed', [line(0), line(2)], { removed: { keys: new Set(['w 1']), before: -1 } }], // prettier-ignore
    ['one that was moved away with its log', [line(2)], { elsewhere: [line(0), line(1)] }],
    ['one that stands behind half a line in a log that was moved away', [line(0), line(1)], { elsewhere: [`{"kind": "event", "wri{"kind": "event", ${line(2).slice(1)}`] }], // prettier-ignore
    ['one that came while a run was at work, behind later ones', [line(1), line(0), line(2)], { runs: [{ from: -1, to: 1 }] }], // prettier-ignore
    ['one that a killed writer could not tell of any more', [...whole, line(3)], { killed: new Set(['w']) }], // prettier-ignore
    ['one that the disk did not take', [line(0), line(1)], { told: [told(0), told(1), { ...told(2), state: 'failed' }] }], // prettier-ignore
    ['fillers and blank lines', ['{"kind":"compaction","timestamp":0}', '', ...whole], {}],
  ] as [string, string[], Partial<Evidence>][])('does not count %s', (_what, log, more) => {
    expect(faultsOf(log, more)).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { assertClean } from './assert.js';
import {
  exploreRotating,
  ROTATING_PARTS,
  type RotatingPart,
  type RotatingSetup,
} from './rotating.js';

const BOUND = 3_000_000;

type Scenario = Omit<RotatingSetup, 'without'>;

const SCENARIOS: Record<string, Scenario> = {
  'some expired': { files: ['eA', 'eB', 'ee', null], max: 5, appends: 'stu', kills: 1 },
  'about to rotate': { files: ['eAC', 'eB', 'ee', null], max: 4, appends: 'stuv', kills: 1 },
  'rotation stalled': { files: ['eACDF', 'eB', 'eG', 'ee'], max: 4, appends: 'stu', kills: 1 },
  'stalled, top stays': { files: ['eACDF', 'ee', 'eG', 'eB'], max: 4, appends: 'stu', kills: 1 },
  'a gap': { files: ['eA', null, 'eB', 'ee'], max: 4, appends: 'stuv', kills: 1 },
  'a gap, stalled': { files: ['eACDF', null, 'eB', 'ee'], max: 4, appends: 'stu', kills: 1 },
  'stalled until now': { files: ['eACDF', 'eB', 'eG', null], max: 4, appends: 'stuv', kills: 1 },
  'no active file': { files: [null, 'eB', 'ee', null], max: 4, appends: 'stu', kills: 1 },
  'two files': { files: ['eA', 'ee'], max: 4, appends: 'stuv', kills: 2 },
};

/** What is left out, where it shows, and what goes wrong. */
const NEEDED: [RotatingPart, string, RegExp][] = [
  ['only-rotated', 'two files', /lost/],
  ['zone', 'about to rotate', /lost/],
  ['hole', 'stalled until now', /lost/],
  ['downward', 'stalled until now', /lost/],
  ['inode-again', 'about to rotate', /lost/],
  ['fresh', 'some expired', /lost/],
  ['drain', 'some expired', /lost/],
  ['top-last', 'rotation stalled', /lost/],
];

/** For good measure: a file that is missed is left for the next run. */
const SPARE: RotatingPart[] = ['upward'];

describe('a rotating set, explored', { timeout: 120_000 }, () => {
  it.each(Object.keys(SCENARIOS))('loses nothing: %s', (name) => {
    const found = exploreRotating({ ...SCENARIOS[name]!, without: [] }, BOUND);
    console.log(`${name}: ${found.states} states, depth ${found.depth}, ${found.ms} ms`);
    assertClean(found);
    expect(found.moves.has('papyra is killed')).toBe(true);
  });

  it.each(NEEDED)('goes wrong without: %s (%s)', (part, name, wrong) => {
    const found = exploreRotating({ ...SCENARIOS[name]!, without: [part] }, BOUND);
    console.log(`without ${part}: ${found.violation ?? 'nothing'}, in ${found.trace.length} steps`);
    expect(found.violation).toMatch(wrong);
  });

  it.each(SPARE)('gets along without: %s', (part) => {
    for (const setup of Object.values(SCENARIOS)) {
      assertClean(exploreRotating({ ...setup, without: [part] }, BOUND));
    }
  });

  it('knows of every part whether it is needed', () => {
    const told = [...NEEDED.map(([part]) => part), ...SPARE];
    expect(told.toSorted()).toEqual([...ROTATING_PARTS].toSorted());
  });
});

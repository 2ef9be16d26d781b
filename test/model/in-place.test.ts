import { describe, expect, it } from 'vitest';
import { assertClean, assertViolation } from './assert.js';
import type { Exploration } from './explore.js';
import { exploreInPlace } from './in-place.js';
import {
  IN_PLACE_SCENARIOS,
  LONG_IN_PLACE_SCENARIOS,
  type InPlaceScenarioName,
} from './in-place-scenarios.js';
import { IN_PLACE_STEPS } from './in-place-steps.js';
import { IN_PLACE_PARTS, type InPlacePart } from './in-place-world.js';

const BOUND = 500_000;
const LONG_BOUND = 8_000_000;
const NAMES = Object.keys(IN_PLACE_SCENARIOS) as InPlaceScenarioName[];

const known = new Map<InPlaceScenarioName, Exploration>();

function unmutated(name: InPlaceScenarioName): Exploration {
  const scenario = IN_PLACE_SCENARIOS[name];
  const found = known.get(name) ?? exploreInPlace({ ...scenario, without: [] }, BOUND);
  known.set(name, found);
  return found;
}

/** What is left out, where it shows, and what goes wrong. */
const NEEDED: readonly [part: InPlacePart, where: InPlaceScenarioName, wrong: string][] = [
  ['intent', 'power', 'unreadable line'],
  ['fsync-intent', 'power', 'unreadable line'],
  ['fillers', 'power', 'lost'],
  ['fsync-fillers', 'power', 'lost'],
  ['own-process', 'kills', 'lost'],
  ['fsync-collapse', 'power', 'NULs are left'],
  ['repair-fsync', 'filler before', 'unreadable line'],
  ['check-inode', 'replaced', 'lost'],
  ['search-nuls', 'power', 'NULs are left'],
  ['collapse-most', 'long tail', 'are read as'],
  ['no-redo', 'power', 'lost'],
  ['no-redo', 'kills', 'lost'],
  ['blanks', 'power', 'NULs are left'],
  ['blanks-newline', 'power', 'are read as'],
  ['no-truncate', 'power', 'lost'],
  ['check-filler', 'power', 'lost'],
  ['check-nonce', 'filler before', 'unreadable line'],
  ['rewrite', 'power', 'unreadable line'],
];

/** The intent may come back after a power loss: the repair then finds the work done. */
const SPARE: readonly InPlacePart[] = ['fsync-end'];

describe('head removal in place, explored', { timeout: 60_000 }, () => {
  it.each(NAMES)('loses nothing: %s', (name) => {
    assertClean(unmutated(name));
  });

  it('takes every step somewhere', () => {
    const taken = new Set(NAMES.flatMap((name) => [...unmutated(name).moves]));
    const untaken = IN_PLACE_STEPS.filter((step) => !taken.has(step.words));
    expect(untaken.map((step) => step.name)).toEqual([]);
    expect(taken).toContain('4 the kernel collapses');
    expect(taken).not.toContain('4 an orphaned child collapses');
  });
});

describe('head removal in place, with a step left out', { timeout: 60_000 }, () => {
  const told = NEEDED.map(([part, where, wrong]) => ({
    part,
    where,
    wrong,
    words: IN_PLACE_PARTS[part],
  }));

  it.each(told)('goes wrong without: $words ($where)', ({ part, where, wrong }) => {
    const setup = { ...IN_PLACE_SCENARIOS[where], without: [part] };
    assertViolation(exploreInPlace(setup, BOUND), wrong);
  });

  it('looks at every part', () => {
    const looked = new Set([...NEEDED.map(([part]) => part), ...SPARE]);
    const parts = Object.keys(IN_PLACE_PARTS) as InPlacePart[];
    expect(parts.filter((part) => !looked.has(part))).toEqual([]);
  });
});

describe.runIf(process.env.PAPYRA_SOAK === '1')('head removal in place, at length', () => {
  it.each(LONG_IN_PLACE_SCENARIOS)('loses nothing', { timeout: 1_200_000 }, (scenario) => {
    const found = exploreInPlace({ ...scenario, without: [] }, LONG_BOUND);
    console.log(`in place: ${String(found.states)} states, ${String(found.ms)} ms`);
    assertClean(found);
  });

  it.each(SPARE)('others stand in for: %s', { timeout: 1_200_000 }, (part) => {
    for (const name of NAMES) {
      assertClean(exploreInPlace({ ...IN_PLACE_SCENARIOS[name], without: [part] }, BOUND));
    }
  });
});

import { describe, expect, it } from 'vitest';
import { assertClean, assertViolation } from './assert.js';
import type { Exploration } from './explore.js';
import { exploreReplace, STEPS } from './replace.js';
import { PARTS, type Part } from './replace-parts.js';
import { LONG_SCENARIOS, SCENARIOS, type ScenarioName } from './scenarios.js';

const BOUND = 500_000;
const LONG_BOUND = 8_000_000;
const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

const known = new Map<ScenarioName, Exploration>();

function unmutated(name: ScenarioName): Exploration {
  const found = known.get(name) ?? exploreReplace({ ...SCENARIOS[name], without: [] }, BOUND);
  known.set(name, found);
  return found;
}

/** What is left out, where it shows, and what goes wrong. */
const NEEDED: readonly [parts: readonly Part[], where: ScenarioName, wrong: string][] = [
  [['whole-lines'], 'power', 'lost'],
  [['tail-look'], 'torn before', 'lost'],
  [['tail-again'], 'torn before', 'lost'],
  [['tail-unknown'], 'unknown again', 'lost'],
  [['fsync-start'], 'again', 'leftovers'],
  [['fsync-temp'], 'power', 'not on the path'],
  [['link'], 'unended', 'lost'],
  [['fsync-link'], 'power', 'lost'],
  [['check-link', 'check-path'], 'replaced', 'record F is lost'],
  [['check-path'], 'replaced', 'record F is lost'],
  [['name-x'], 'torn before', 'twice'],
  [['name-s'], 'equal before', 'missing'],
  [['drain'], 'unended', 'lost'],
  [['drain-look'], 'unended', 'lost'],
  [['pass-after-look'], 'unended', 'lost'],
  [['pause'], 'unended', 'lost'],
  [['after-pause'], 'unended', 'lost'],
  [['rest-last'], 'unknown again', 'lost'],
  [['rest-once'], 'unended', 'twice'],
  [['fsync-old'], 'power and kill', 'missing'],
  [['check-glue'], 'torn', 'missing'],
  [['short-write'], 'short write', 'lost'],
  [['fsync-new'], 'power', 'lost'],
  [['fsync-rename'], 'again', 'lost'],
  [['fsync-rename', 'fsync-unlink'], 'power', 'lost'],
  [['keep'], 'unknown again', 'lost'],
  [['keep-fsync-new'], 'power', 'lost'],
  [['keep-fsync-rename'], 'power and kill', 'an old link is left'],
  [['keep-fsync-rename', 'keep-fsync-last'], 'power', 'lost'],
  [['keep-size-first'], 'power and kill', 'twice'],
  [['r-newline'], 'unended', 'twice'],
  [['count'], 'equal before', 'missing'],
  [['rescue'], 'glued', 'missing'],
  [['rescue-chain'], 'glued', 'missing'],
  [['rescue-rest'], 'unknown', 'missing'],
  [['r-drain'], 'unended', 'lost'],
  [['age'], 'unknown again', 'lost'],
  [['link-before-temp'], 'unknown again', 'leftovers'],
  // What nobody can prevent: the exploration must see it.
  [['replaced-before-check'], 'replaced', 'record F is lost'],
];

/** Steps for speed or good measure: nothing shows without them, because others stand in. */
const SPARE: readonly Part[] = [
  'check-link',
  'second-pass',
  'newline-first',
  'fsync-unlink',
  'keep-names',
  'keep-fsync-last',
  'repeat-r',
  'r-after-rest',
  'old-before-temp',
];

describe('replacing a log, explored', { timeout: 60_000 }, () => {
  it.each(NAMES)('loses nothing: %s', (name) => {
    assertClean(unmutated(name));
  });

  it('takes every step somewhere', () => {
    const taken = new Set(NAMES.flatMap((name) => [...unmutated(name).moves]));
    const steps = STEPS.filter((step) => step.name !== 'continue write');
    expect(steps.filter((step) => !taken.has(step.words)).map((step) => step.name)).toEqual([]);
  });

  it('meets every fault somewhere', () => {
    const taken = new Set(NAMES.flatMap((name) => [...unmutated(name).moves]));
    const faults = ['papyra is killed', 'power loss', 'somebody else replaces the log'];
    for (const fault of [...faults, 'writer 1 is killed half way']) expect(taken).toContain(fault);
  });
});

describe('replacing a log, with a step left out', { timeout: 60_000 }, () => {
  const told = NEEDED.map(([parts, where, wrong]) => ({
    parts,
    where,
    wrong,
    words: parts.map((part) => PARTS[part]).join(' + '),
  }));

  it.each(told)('goes wrong without: $words', ({ parts, where, wrong }) => {
    assertViolation(exploreReplace({ ...SCENARIOS[where], without: parts }, BOUND), wrong);
  });

  it('looks at every part', () => {
    const looked = new Set([...NEEDED.flatMap(([parts]) => parts), ...SPARE]);
    expect((Object.keys(PARTS) as Part[]).filter((part) => !looked.has(part))).toEqual([]);
  });
});

describe.runIf(process.env.PAPYRA_SOAK === '1')('replacing a log, explored at length', () => {
  const timeout = 1_200_000;

  it.each(LONG_SCENARIOS)('loses nothing: $title', { timeout }, (scenario) => {
    const found = exploreReplace({ ...scenario, without: [] }, LONG_BOUND);
    console.log(`${scenario.title}: ${String(found.states)} states, ${String(found.ms)} ms`);
    assertClean(found);
  });

  it.each(SPARE)('others stand in for: %s', { timeout }, (part) => {
    for (const name of NAMES) {
      assertClean(exploreReplace({ ...SCENARIOS[name], without: [part] }, BOUND));
    }
  });
});

// Power loss at every point of the runs that ship: see README.md in this folder.
import { afterAll, describe, expect, test } from 'vitest';
import { placeOrSkip } from '../places/log.js';
import { testSeed } from '../support/random.js';
import { explore, history, type Result } from './explore.js';
import { canRun, placeOf, report, soak, withRecording, withRunner } from './run.js';
import type { PlacedScene } from './placed.js';
import { SCENES } from './scenes.js';
import type { Mode } from './states.js';

const seed = testSeed('power loss');
const runner = withRunner();
const results: Result[] = [];
afterAll(() => {
  console.log(`power loss, seed ${seed}\n${report(results)}`);
});

/** The short form draws some states of each protocol; the long form tries all, as far as they can be counted. */
const HOW = soak
  ? { budget: { contents: 256, states: 4096 }, most: 3000, processEvery: 50 }
  : { budget: { contents: 24, states: 48 }, most: 12, processEvery: 12 };
const MODES: Mode[] = ['journal', 'any order'];

/** The others take the same ways. */
const SHORT = [
  'rewrite with archive',
  'two runs, the first killed',
  'in place',
  'rotating set, a record comes late',
  'recovery, to quarantine',
  'metrics and textfile',
  'index of what nobody has synced',
];

/** States with large files take half a second each; in the short form the command runs as a process in one mode. */
function howFor({ most = Infinity }: PlacedScene, mode: Mode) {
  if (soak) return { ...HOW, most: Math.min(HOW.most, most) };
  const isLarge = most < Infinity;
  return { ...HOW, most: isLarge ? 4 : HOW.most, processEvery: mode === 'journal' && !isLarge ? HOW.processEvery : 0 }; // prettier-ignore
}

describe.each(SCENES.filter(({ name }) => soak || SHORT.includes(name)))('$name', (scene) => {
  test.runIf(canRun(scene))('the power goes after any call: what was on the disk and must stay is there once, whole, and the next run leaves nothing behind', { timeout: soak ? 3_600_000 : 120_000 }, async ({ skip }) => {
    const place = placeOrSkip(skip, () => placeOf(scene));
    await withRecording(scene, place, runner(), async (recording, pool) => {
      const { operations } = recording;
      const sound = new Set<string>();
      for (const mode of MODES) {
        const result = await explore(scene, recording, operations, pool, { mode, seed, sound, ...howFor(scene, mode) });
        results.push(result);
        const told = result.losses.slice(0, 3).map((loss) => history(operations, loss)).join('\n');
        expect({ mode, seed, losses: result.losses.length, told }).toEqual({ mode, seed, losses: 0, told: '' });
        expect(sound.size).toBeGreaterThan(0);
      }
    });
  });
}); // prettier-ignore

// Each sync, second name, intent and order that a protocol needs: without it the states of a power loss show a loss.
import { describe, expect, test } from 'vitest';
import { placeOrSkip } from '../places/log.js';
import { testSeed } from '../support/random.js';
import { explore, history, type Loss } from './explore.js';
import { lacking, withoutAllSyncs, type Lacking } from './left-out.js';
import { NEEDED, SPARE, TRIED } from './needed.js';
import type { Pool } from './pool.js';
import type { Recording } from './recorder.js';
import { canRun, placeOf, soak, withRecording, withRunner } from './run.js';
import type { PlacedScene } from './placed.js';
import { SCENES } from './scenes.js';

const seed = testSeed('left out');
const runner = withRunner();

const HOW = { budget: { contents: 16, states: 24 }, seed, isFirstEnough: true };
/** Of a large file fewer contents are listed. */
const LARGE = { budget: { contents: 256, states: 200 }, seed, isFirstEnough: true };
/** The short form leaves out these alone. */
const SHORT = ['rewrite, a record comes late'];

/** A loss, in the milder mode in which there is one. */
async function lossOf(scene: PlacedScene, recording: Recording, { operations }: Lacking, pool: Pool, sound: Set<string>): Promise<Loss | undefined> {
  for (const mode of ['journal', 'any order'] as const) {
    const how = scene.most === undefined ? HOW : { ...LARGE, most: 100 };
    const { losses } = await explore(scene, recording, operations, pool, { ...how, mode, sound });
    if (losses.length > 0) return losses[0];
  }
  return undefined;
} // prettier-ignore

describe.each(SCENES.filter(({ name }) => name in NEEDED && (soak || SHORT.includes(name))))('$name', (scene) => {
  test.runIf(canRun(scene))('without what it needs for a power loss, a loss is found', { timeout: soak ? 3_600_000 : 120_000 }, async ({ skip }) => {
    const place = placeOrSkip(skip, () => placeOf(scene));
    await withRecording(scene, place, runner(), async (recording, pool) => {
      const sound = new Set<string>();
      const all = [...lacking(recording.operations), ...withoutAllSyncs(recording.operations)];
      const needed = NEEDED[scene.name]!;
      const found: string[] = [];
      const spare: string[] = [];
      for (const one of all) {
        if (!soak && !needed.slice(0, 3).includes(one.label)) continue;
        if (TRIED[scene.name]?.test(one.label) === false) continue;
        const loss = await lossOf(scene, recording, one, pool, sound);
        (loss ? found : spare).push(one.label);
        if (loss) console.log(`${scene.name}, ${one.label}:\n${history(one.operations, loss)}`);
      }
      const reasons = spare.map((label) => ({ label, why: SPARE.find(([which]) => which.test(label))?.[1] }));
      console.log(`${scene.name}: no state shows a loss\n${reasons.map(({ label, why }) => `  ${label}: ${why}`).join('\n')}`);
      expect(reasons.filter(({ why }) => why === undefined)).toEqual([]);
      // In a list that is not complete a step that has become needless, or a new one, would not be seen.
      expect(found.sort()).toEqual([...(soak ? needed : needed.slice(0, 3))].sort());
    });
  });
}); // prettier-ignore

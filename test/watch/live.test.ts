import { expect, test } from 'vitest';
import { tempDirectory } from '../support/temp.js';
import { tend } from './tend.js';

const SOAK = process.env['PAPYRA_SOAK'] === '1';
const MINUTE = 60;

test(
  'a service under three writers loses nothing, counts every run and reloads without a gap',
  { timeout: 2 * 3_600_000 },
  async () => {
    const seconds = SOAK ? 60 * MINUTE : 16;
    const tended = await tend({
      directory: tempDirectory(),
      seconds,
      reloadEvery: SOAK ? 45 : 3,
      lookEvery: SOAK ? MINUTE : 4,
      pauseUs: 5000,
    });
    expect(tended).toMatchObject({ lost: 0, twice: 0, failures: [], exitCode: 0 });
    expect(tended.counted).toBe(tended.runs);
    expect(tended.archived).toBeGreaterThan(0);
    expect(tended.reloads.good).toBeGreaterThan(0);
    expect(tended.reloads.refused).toBeGreaterThan(0);
    // A run has a few more open than a service that waits.
    expect(tended.looks.at(-1)!.descriptors).toBeLessThan(tended.looks[0]!.descriptors + 15);
  },
);

test(
  'a service that is killed again and again loses nothing: the next one cleans up',
  { timeout: 2 * 3_600_000 },
  async () => {
    const tended = await tend({
      directory: tempDirectory(),
      seconds: SOAK ? 10 * MINUTE : 10,
      reloadEvery: 1000,
      killEvery: 2,
      lookEvery: 1000,
      pauseUs: 1000,
    });
    expect(tended).toMatchObject({ lost: 0, exitCode: 0 });
    expect(tended.kills).toBeGreaterThan(3);
    expect(tended.archived).toBeGreaterThan(0);
  },
);

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';
import { askOracle, asOutput, drawFiles, drawQuestion, listed } from './listing.js';

const SEED = testSeed('inspect of files');
const COUNT = process.env['PAPYRA_SOAK'] ? 150 : 12;

describe('inspect lists what the plain rules list', () => {
  test.each(['json', 'rotating'])('of random stores: %s', async (backend) => {
    const jobs = Array.from({ length: COUNT }, (_, at) => {
      const random = new Random(SEED + at);
      const path = join(tempDirectory(), 'events.log');
      const store = drawFiles(random, path, backend === 'json' ? 1 : 1 + random.below(5));
      return { seed: random.seed, path, files: store.files, ...drawQuestion(random, store.count) };
    });
    const answers = askOracle(jobs);
    for (const [at, { seed, path, files, ...question }] of jobs.entries()) {
      const found = await listed(question, ['--path', path, '--backend', backend]);
      expect({ seed, files, found }).toEqual({ seed, files, found: asOutput(answers[at]!) });
    }
  }, 600_000); // prettier-ignore
});

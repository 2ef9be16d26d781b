// Which tests run, and how many at a time.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { SLOW_FILES } from './test/slow.js';

/** They take minutes, and many packages of Debian. */
const LONG_FORM_ONLY = process.env['PAPYRA_SOAK'] === '1' ? [] : ['test/packaging/**'];

export default defineConfig({
  test: {
    // Most tests start processes of their own.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    globalSetup: 'test/global-setup.ts',
    // Each test file belongs to one of the two: see test/slow.ts.
    projects: [
      {
        extends: true,
        test: { name: 'fast', include: ['test/**/*.test.ts'], exclude: SLOW_FILES },
      },
      { extends: true, test: { name: 'slow', include: SLOW_FILES, exclude: LONG_FORM_ONLY } },
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

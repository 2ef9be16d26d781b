// Runs tests on the counted build: `npm run coverage` has made it, so no test run builds anew.
import { defineConfig } from 'vitest/config';
import { countedModules } from './instrument.js';

export default defineConfig({
  root: `${import.meta.dirname}/../..`,
  plugins: [countedModules(process.env['PAPYRA_COVERAGE']!)],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/coverage/setup.ts'],
    // Counting makes everything slower.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

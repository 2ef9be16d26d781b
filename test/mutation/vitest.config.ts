// The tests that mutants of the pure rooms must not survive: functions called directly, no process, no large file.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    include: [
      'test/{retention,units}/*.test.ts',
      'test/records/names.test.ts',
      'test/files/names.test.ts',
      'test/backends/names.test.ts',
      'test/log/planning.property.test.ts',
    ],
  },
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decide, type DatedLine } from '../../src/retention/decide.js';
import type { RetentionRules } from '../../src/retention/policy.js';

interface Golden {
  holds: string;
  rules: RetentionRules;
  lines: DatedLine[];
  fates: string[];
}

const directory = join(import.meta.dirname, 'golden');

for (const file of readdirSync(directory)) {
  const cases = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Golden[];
  describe(`retention, ${file.replace('.json', '')}`, () => {
    test.each(cases)('$holds', ({ lines, rules, fates }) => {
      expect(decide(lines, rules)).toEqual(fates);
    });
  });
}

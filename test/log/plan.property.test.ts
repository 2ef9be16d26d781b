import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { planLog } from '../../src/backends/json/plan.js';
import type { LineKind, RetentionRules } from '../../src/retention/policy.js';
import { NOW, textOf } from '../support/property-line.js';
import { testSeed } from '../support/random.js';
import { tempLog } from '../support/temp.js';

const line = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant<LineKind>('record'), age: fc.nat(2000), pad: fc.nat(80) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom<LineKind>('undated', 'unreadable', 'blank'), age: fc.nat(1), pad: fc.nat(40) }) },
); // prettier-ignore

const rules = fc.record({
  max_age_seconds: fc.option(fc.integer({ min: 1, max: 2000 })),
  max_records: fc.option(fc.integer({ min: 1, max: 60 })),
  max_total_bytes: fc.option(fc.integer({ min: 1, max: 6000 })),
  unreadable: fc.constantFrom<RetentionRules['unreadable']>('keep', 'drop'),
  undated: fc.constantFrom<RetentionRules['undated']>('keep', 'drop'),
  now: fc.constant(NOW),
});

/** The contract's three sentences, word for word, on a list. */
function obvious(
  lines: { kind: LineKind; age: number; text: string }[],
  rules: RetentionRules,
): string {
  const { max_age_seconds: age, max_records: count, max_total_bytes: size } = rules;
  let places = lines.filter(
    ({ kind }) =>
      kind === 'record' || (kind === 'undated' && age === null && rules.undated === 'keep'),
  );
  const gone = new Set(places);
  if (age !== null) places = places.filter((one) => NOW - one.age >= NOW - age);
  if (count !== null) places = places.slice(-count);
  if (size !== null) {
    let room = size;
    const newestFirst = [...places].reverse();
    const end = newestFirst.findIndex(({ text }) => (room -= text.length) < 0);
    places = (end === -1 ? newestFirst : newestFirst.slice(0, end)).reverse();
  }
  for (const one of places) gone.delete(one);
  const stays = lines.filter((one) => {
    if (one.kind === 'unreadable') return rules.unreadable === 'keep';
    if (one.kind === 'undated' && rules.undated === 'drop') return false;
    return !gone.has(one);
  });
  // Blank lines go along when something else does.
  const blanks = stays.length === lines.length;
  return stays
    .filter(({ kind }) => blanks || kind !== 'blank')
    .map(({ text }) => text)
    .join('');
}

describe('the plan of a log', () => {
  test('keeps what the obvious model keeps, whatever the lines and the limits', async () => {
    const seed = testSeed('plan');
    const log = fc.array(line, { maxLength: 120 });
    const property = fc.asyncProperty(log, rules, fc.boolean(), async (drawn, given, tail) => {
      const lines = drawn.map((one) => ({ ...one, text: textOf(one) }));
      const rest = tail ? '{"half": ' : '';
      const path = tempLog(lines.map(({ text }) => text).join('') + rest);
      const plan = await planLog(path, {
        rules: given,
        dryRun: false,
        allowEmpty: true,
        lockWaitMs: 0,
        inPlace: false,
        offline: true,
      });
      try {
        const preview = structuredClone(plan.report);
        const report = await plan.execute();
        expect(readFileSync(path, 'utf8')).toBe(obvious(lines, given) + rest);
        expect(report.bytes.after).toBe(readFileSync(path).length);
        expect({ ...report, status: '', duration_ms: 0 }).toEqual({
          ...preview,
          status: '',
          duration_ms: 0,
        });
      } finally {
        await plan.close();
      }
    });
    await fc.assert(property, { seed, numRuns: process.env['PAPYRA_SOAK'] === '1' ? 5000 : 300 });
  }, 600_000);
});

import fc from 'fast-check';
import { readFileSync, statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planLog } from '../../src/backends/json/plan.js';
import { PapyraError } from '../../src/errors/errors.js';
import { collapseUnit } from '../../src/files/collapse.js';
import { FILLER_BYTES } from '../../src/files/filler.js';
import { decideFreeing, type DatedLine } from '../../src/retention/decide.js';
import type { LineKind, RetentionRules } from '../../src/retention/policy.js';
import { NOW, textOf } from '../support/property-line.js';
import { testSeed } from '../support/random.js';
import { tempLog } from '../support/temp.js';

const FLOOR = 1000;

/** Mostly old, so that there is often enough; now and then one that holds. */
const line = fc.oneof(
  { weight: 150, arbitrary: fc.record({ kind: fc.constant<LineKind>('record'), age: fc.integer({ min: FLOOR + 1, max: 9000 }), pad: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant<LineKind>('record'), age: fc.integer({ min: -90_000, max: FLOOR }), pad: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom<LineKind>('undated', 'unreadable', 'blank'), age: fc.constant(0), pad: fc.nat(400) }) },
  // Longer than a block.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant<LineKind>('record'), age: fc.constant(5000), pad: fc.integer({ min: 3000, max: 20_000 }) }) },
); // prettier-ignore

const asked = fc.record({
  bytes: fc.integer({ min: 1, max: 30_000 }),
  unreadable: fc.constantFrom<RetentionRules['unreadable']>('keep', 'drop'),
  undated: fc.constantFrom<RetentionRules['undated']>('keep', 'drop'),
  inPlace: fc.boolean(),
});

function unitAt(path: string): number | undefined {
  try {
    return collapseUnit(dirname(path));
  } catch {
    return undefined;
  }
}

const FILLERS = /^(?:\{"kind":"compaction","timestamp":0,"nonce":"[0-9a-z]{10}","pad":" *"\}\n)+/;

describe('a log that frees space', () => {
  test('loses what the plain rule takes, and gives back what was asked for, or is refused and untouched', async () => {
    const seed = testSeed('free');
    const seen = { 'in place': 0, rewritten: 0, refused: 0 };
    const property = fc.asyncProperty(fc.array(line, { minLength: 40, maxLength: 200 }), asked, fc.boolean(), async (drawn, given, tail) => {
      const texts = drawn.map(textOf);
      const lines: DatedLine[] = drawn.map(({ kind, age }, index) => ({ kind, timestamp: NOW - age, bytes: texts[index]!.length }));
      const rest = tail ? '{"half": ' : '';
      const before = texts.join('') + rest;
      const path = tempLog(before);
      const { bytes, inPlace, ...odd } = given;
      const limits = { max_age_seconds: null, max_records: null, max_total_bytes: null };
      const rules: RetentionRules = { ...limits, ...odd, now: NOW, free: { bytes, minAgeSeconds: FLOOR } };

      const unit = unitAt(path);
      const { blocks, size } = statSync(path);
      const { bsize } = statfsSync(path);
      const enough = unit && Math.ceil(bytes / unit) * unit + FILLER_BYTES;
      const headOnly = enough ? decideFreeing(lines, rules, { bytes: enough, around: false }) : null;
      const left = Math.floor((blocks * 512 - bytes) / bsize) * bsize;
      const rewritten = inPlace || left < 0 ? null : decideFreeing(lines, rules, { bytes: Math.max(1, size - left), around: true });
      const decisions = headOnly ?? rewritten;
      const staying = decisions && texts.filter((_, index) => decisions[index] === 'keep').join('') + rest;

      const request = { rules, dryRun: false, allowEmpty: true, lockWaitMs: 0, inPlace, offline: true };
      const plan = await planLog(path, request).catch((error: unknown) => error as PapyraError);
      if (staying === null) {
        expect(plan).toBeInstanceOf(PapyraError);
        expect(readFileSync(path, 'utf8')).toBe(before);
        seen.refused += 1;
        return;
      }
      if (plan instanceof Error) throw plan;
      try {
        const preview = structuredClone(plan.report);
        const report = await plan.execute();
        const now = readFileSync(path, 'utf8');
        seen[headOnly ? 'in place' : 'rewritten'] += 1;
        expect(headOnly ? now.replace(FILLERS, '') : now).toBe(staying);
        expect(blocks * 512 - statSync(path).blocks * 512).toBeGreaterThanOrEqual(bytes);
        expect(report.bytes.reclaimed_on_disk).toBeGreaterThanOrEqual(bytes);
        const records = decisions!.filter((decision) => decision === 'free').length;
        expect(report.records).toMatchObject({ dropped: records, dropped_by: { age: 0, count: 0, size: 0, free: records } });
        expect(report.bytes.after).toBe(now.length);
        expect({ ...report, status: '', duration_ms: 0 }).toEqual({ ...preview, status: '', duration_ms: 0 });
      } finally {
        await plan.close();
      }
    }); // prettier-ignore
    await fc.assert(property, { seed, numRuns: process.env['PAPYRA_SOAK'] === '1' ? 5000 : 150 });
    console.log('free:', JSON.stringify(seen));
    expect(Math.min(seen.rewritten, seen.refused)).toBeGreaterThan(0);
  }, 600_000);
});

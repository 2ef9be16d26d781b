import fc from 'fast-check';
import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSystem, PapyraError, type CompactionReport } from '../../src/index.js';
import { testSeed } from '../support/random.js';
import { tempLog } from '../support/temp.js';

const line = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('record'), age: fc.nat(2000), pad: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('undated', 'unreadable', 'blank'), age: fc.nat(1), pad: fc.nat(40) }) },
); // prettier-ignore

const retention = fc.record({
  max_age_seconds: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
  max_records: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  max_total_bytes: fc.option(fc.integer({ min: 1, max: 6000 }), { nil: undefined }),
});

const least = fc.oneof(
  fc.constant(undefined),
  fc.record({ bytes: fc.integer({ min: 1, max: 9000 }) }),
  fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }),
);
const most = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
const odd = fc.record({
  unreadable: fc.constantFrom('keep', 'drop'),
  undated: fc.constantFrom('keep', 'drop'),
});

function textOf(now: number) {
  return ({ kind, age, pad }: { kind: string; age: number; pad: number }): string => {
    const filling = 'x'.repeat(pad);
    if (kind === 'record') return `{"pad": "${filling}", "timestamp": ${now - age}.5}\n`;
    if (kind === 'undated') return `{"pad": "${filling}"}\n`;
    return kind === 'unreadable' ? `{"pad": "${filling}\n` : `${' '.repeat(pad)}\n`;
  };
}

/** What is the same of a dry run and of the run. */
function numbersOf({ records, bytes, files, parts, waiting, warnings }: CompactionReport) {
  return { records, bytes: { ...bytes, reclaimed_on_disk: 0 }, files, parts: parts.map((part) => ({ ...part, name: '' })), waiting, warnings }; // prettier-ignore
}

describe('the guards', () => {
  test('decide whether a run does what has expired, never what; a dry run tells the same', async () => {
    const seed = testSeed('guards');
    const log = fc.array(line, { maxLength: 80 });
    const seen = { refused: 0, held: 0, done: 0 };
    const property = fc.asyncProperty(
      log,
      retention,
      least,
      most,
      odd,
      async (lines, policy, minReclaim, maxDrop, others) => {
        // prettier-ignore
        const path = tempLog(lines.map(textOf(Math.floor(Date.now() / 1000))).join(''));
        const twin = join(dirname(path), 'twin.ndjson');
        copyFileSync(path, twin);
        const before = {
          content: readFileSync(path, 'utf8'),
          stat: statSync(path, { bigint: true }),
        };
        const opened = (of: string) => openSystem({
        persistence: { backend: 'json', path: of, retention: policy },
        metrics: { enabled: false },
      }); // prettier-ignore
        const free = await opened(twin);
        const how = { ...others, allowEmpty: true, offline: true } as const;
        const preview = await free.persistence.compact({ ...how, maxDrop: 1, dryRun: true });
        await free.persistence.compact({ ...how, maxDrop: 1 });
        const guarded = await opened(path);
        const guards = { maxDrop: maxDrop ?? 1, ...(minReclaim && { minReclaim }) };
        const trial = await guarded.persistence.compact({ ...how, ...guards, dryRun: true }).catch(refusal); // prettier-ignore
        expect(statSync(path, { bigint: true })).toEqual(before.stat);
        const run = await guarded.persistence.compact({ ...how, ...guards }).catch(refusal);

        const { records, bytes } = preview;
        const lost = others.unreadable === 'drop' ? records.unreadable! : 0;
        const all = records.scanned! + lost;
        const share = all === 0 ? 0 : (records.dropped! + lost) / all;
        const needed = minReclaim === undefined ? 0 : 'bytes' in minReclaim ? minReclaim.bytes : minReclaim.share * bytes.before!; // prettier-ignore
        const goes = records.dropped! + lost > 0;
        const isUnread = records.scanned === null;
        if (isUnread) return;
        if (share > guards.maxDrop) {
          seen.refused += 1;
          expect([run, trial]).toEqual([expect.any(PapyraError), expect.any(PapyraError)]);
          const [said, foretold] = [run, trial].map((error) =>
            (error as PapyraError).message.replace(/\d+ seconds? old/, ''),
          );
          expect(said).toBe(foretold);
          expect(numbersOf((trial as PapyraError).report!)).toEqual(numbersOf(preview));
        } else if (goes && bytes.reclaimed! < needed) {
          seen.held += 1;
          expect(run).toMatchObject({
            status: 'nothing_to_do',
            records: { dropped: 0, kept: records.scanned, expired_left: records.dropped },
            bytes: { after: bytes.before, reclaimed: 0 },
            files: { rewritten: 0, unchanged: 1 },
            waiting: {
              records: records.dropped,
              bytes: bytes.reclaimed,
              needed: Math.ceil(needed),
            },
          });
          expect(numbersOf(trial as CompactionReport)).toEqual(numbersOf(run as CompactionReport));
        } else {
          seen.done += 1;
          expect(readFileSync(path, 'utf8')).toBe(readFileSync(twin, 'utf8'));
          expect(numbersOf(trial as CompactionReport)).toEqual(numbersOf(run as CompactionReport));
          return;
        }
        expect(readFileSync(path, 'utf8')).toBe(before.content);
        expect(statSync(path, { bigint: true })).toEqual(before.stat);
      },
    );
    await fc.assert(property, { seed, numRuns: process.env['PAPYRA_SOAK'] === '1' ? 5000 : 100 });
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  }, 600_000);
});

function refusal(error: unknown): PapyraError {
  if (error instanceof PapyraError && error.code === 'refused' && error.guard === 'max_drop') return error; // prettier-ignore
  throw error;
}

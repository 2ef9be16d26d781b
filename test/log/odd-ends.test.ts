// Functions of the log on what is rare: long lines in archives, more than can be held, refusals of all kinds.
import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gzipSync } from 'node:zlib';
import { openSystem } from '../../src/index.js';
import { PapyraError } from '../../src/errors/errors.js';
import { topOf } from '../../src/log/census-report.js';
import { KINDS } from '../../src/records/census.js';
import { archiveLines } from '../../src/log/archive-files.js';
import { newestOf } from '../../src/log/newest-of.js';
import { notEnough } from '../../src/log/not-enough.js';
import { SeenRecords } from '../../src/log/seen-records.js';
import type { StoredRecord } from '../../src/backends/listing.js';
import { tempLog } from '../support/temp.js';

describe('the lines of an archive', () => {
  const linesOf = async (content: Buffer): Promise<string[]> => {
    const lines: string[] = [];
    for await (const some of archiveLines(tempLog(content, 'a.gz')))
      lines.push(...some.map(String));
    return lines;
  };

  test('are put together of many chunks, and the last one need not end', async () => {
    const long = 'x'.repeat(1_000_000);
    const lines = ['a', long, '', 'b', long];
    expect(await linesOf(gzipSync(lines.join('\n')))).toEqual(lines);
    expect(await linesOf(gzipSync(''))).toEqual([]);
  });

  test('that is cut off, changed, or not to be read: why is said', async () => {
    const whole = gzipSync(Array.from({ length: 50_000 }, (_, n) => `line ${n * 7919}\n`).join(''));
    await expect(linesOf(whole.subarray(0, -9))).rejects.toThrow('is damaged: unexpected end of file'); // prettier-ignore
    await expect(linesOf(Buffer.concat([whole.subarray(0, 500), Buffer.alloc(50), whole.subarray(550)]))).rejects.toThrow('is damaged'); // prettier-ignore
    const missing = archiveLines('/nowhere/a.gz').next();
    await expect(missing).rejects.toThrow('cannot read /nowhere/a.gz: no such file');
  });
});

test('more records than can be held are turned around piece by piece', async () => {
  const count = 30;
  const source = async function* () {
    for (let n = 0; n < count; n++) {
      const one: StoredRecord = { kind: 'event', timestamp: n, bytes: Buffer.alloc(1 << 20, 0x61) };
      yield await Promise.resolve([one]);
    }
  };
  const seen: number[] = [];
  for await (const records of newestOf(source, { total: count, limit: 20, newestFirst: true })) seen.push(...records.map(({ timestamp }) => timestamp)); // prettier-ignore
  expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => count - 1 - at));
  const none: unknown[] = [];
  for await (const records of newestOf(source, { total: count, limit: 0, newestFirst: true })) none.push(records); // prettier-ignore
  expect(none).toEqual([]);
});

test('records of an earlier archive are known for two generations, and as often as they were there', () => {
  const seen = new SeenRecords();
  const record = (n: number): Buffer => Buffer.from(`record ${n}`);
  const many = 300_000;
  let known = 0;
  for (let n = 0; n < many; n++) if (seen.take(record(n))) known += 1;
  expect(known).toBe(0);
  seen.nextArchive();
  for (const n of [0, 1, many - 1]) expect(seen.take(record(n)), `${n}`).toBe(true);
  expect(seen.take(record(0))).toBe(false);
  const isKnown = seen.passOverStore();
  expect([isKnown(record(0)), isKnown(record(0)), isKnown(record(0)), isKnown(record(many))]).toEqual([true, true, false, false]); // prettier-ignore
  for (let n = 0; n < 70_000; n++) isKnown(record(1));
  expect(isKnown(record(1))).toBe(false);
});

describe('a run that cannot free enough', () => {
  const rules = { max_age_seconds: null, max_records: null, max_total_bytes: null, unreadable: 'keep', undated: 'keep', now: 1000, free: { bytes: 500, minAgeSeconds: 60 } } as const; // prettier-ignore
  const refusal = (hint?: string): PapyraError => new PapyraError('io_error', 'no way', hint === undefined ? {} : { hint }); // prettier-ignore
  const last = { name: 'a', young: undefined, pinned: undefined, refusals: [], isRefused: false };
  const say = (most: number, of?: Parameters<typeof notEnough>[3], free: typeof rules | object = rules) => {
    const { code, message, hint } = notEnough('the log', { ...rules, ...free }, most, of);
    return [code, message, hint];
  }; // prettier-ignore
  const held = { kind: 'undated', at: 7, timestamp: 5000 } as const;

  test.each([
    ['nothing is there', [0, undefined], ['refused', /nothing can be freed; there is no more that may go$/, /free space elsewhere$/]],
    ['all ways are refused', [0, { ...last, refusals: [refusal('do this')], isRefused: true }], ['io_error', /: no way$/, /^do this$/]],
    ['the same without a hint', [0, { ...last, refusals: [refusal()], isRefused: true }], ['io_error', /no way/, /^run again$/]],
    ['the same, and some could be freed', [9, { ...last, refusals: [refusal('do this')], isRefused: true }], ['io_error', /no way/, /^ask for --free 9, or do this$/]],
    ['the same without a hint', [9, { ...last, refusals: [refusal()], isRefused: true }], ['io_error', /no way/, /^ask for --free 9, or run again$/]],
    ['a line stays', [9, { ...last, pinned: held, refusals: [refusal()], isRefused: true }], ['refused', /the undated line at byte 7 of a stays, .*; no way$/, /ask for less \(--free 9\), or let such lines go with --undated drop$/]],
    ['a record is dated ahead', [0, { ...last, young: held }], ['refused', /is dated ahead, and nothing behind it goes$/, /which ask for no time$/]],
    ['a record is too young', [0, { ...last, young: { ...held, timestamp: 990 } }], ['refused', /younger than --min-age/, /lower --min-age$/]],
  ] as const)('says why: %s', (_what, [most, of], [code, message, hint]) => {
    const given = of as Parameters<typeof notEnough>[3];
    expect(say(most, given)).toEqual([code, expect.stringMatching(message), expect.stringMatching(hint)]);
  });

  test('has no lower age to name where none is asked for', () => {
    const [, , hint] = say(0, { ...last, young: { ...held, timestamp: 990 } }, { free: { bytes: 500, minAgeSeconds: 0 } });
    expect(hint).toBe('nothing was done; free space elsewhere');
  });
}); // prettier-ignore

describe('a recovery', () => {
  test('that would remove more than a tenth is refused, and says how to go on', async () => {
    const good = Array.from({ length: 100 }, (_, n) => `{"kind": "event", "n": ${n}, "timestamp": 4000000000.5}\n`).join(''); // prettier-ignore
    const path = tempLog(good + 'garbage that is long enough to count here\n'.repeat(60));
    const system = await openSystem({ persistence: { backend: 'json', path } });
    await expect(system.persistence.recover()).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('more than --max-drop allows (10%)') as string }); // prettier-ignore
    await expect(system.persistence.recover({ limit: 1, dryRun: true })).rejects.toMatchObject({ code: 'refused' }); // prettier-ignore
    writeFileSync(path, good);
    expect((await system.persistence.recover()).status).toBe('clean');
    await system.close();
  });
});

test('names of the same size come in the order of the alphabet, whatever their kind', () => {
  const group = (name: string | null, kind: 'event' | 'audit' | null) => ({ name, kind, records: 1, bytes: 7, recent: 0, missed: 0 }); // prettier-ignore
  const groups = [group('b', 'event'), group(null, null), group('a', 'event'), group('b', 'event'), group('a', 'audit')]; // prettier-ignore
  const none = { records: 0, bytes: 0, recent: 0 };
  const sums = { names: { groups, dropped: none, isCut: false }, kinds: {} } as unknown as Parameters<typeof topOf>[0]; // prettier-ignore
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, { ...none, bytes: 7 }]));
  const top = topOf({ ...sums, kinds } as unknown as typeof sums, {
    by: 'type',
    limit: 4,
    recent: null,
  });
  expect(top.groups.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['null null', 'audit a', 'event a', 'event b']); // prettier-ignore
  expect(top.others.records).toBe(1);
});

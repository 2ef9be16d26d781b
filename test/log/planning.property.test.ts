// The plan of a log whose lines are in many blocks, and in more than one file: the sums say the same as a look at each line.
import fc from 'fast-check';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FILLER_BYTES } from '../../src/files/filler.js';
import type { OpenFile } from '../../src/files/read.js';
import {
  blankBlock,
  blockOf,
  restBlock,
  statusesOf,
  unreadBlock,
  type Block,
} from '../../src/log/block.js';
import { findCuts, liveIn, type Cut } from '../../src/log/cut.js';
import { findHead, lineStartBefore } from '../../src/log/head.js';
import { bytesWritten, methodOf, planClone, withFiller } from '../../src/log/plan-clone.js';
import { blocksBehind, remainingBlocks } from '../../src/log/remaining.js';
import { endIsEnough, scanOf } from '../../src/log/scan.js';
import { headOf, selectedBytes } from '../../src/log/selected-bytes.js';
import { freedTotals, headTotals, totalsOf, untouched, type Totals } from '../../src/log/totals.js';
import type { Category } from '../../src/records/kernel/kernel.js';
import { LineReader } from '../../src/records/line-reader.js';
import { earlier, later, noSums, type Sums } from '../../src/records/sums.js';
import { decide, type LineDecision } from '../../src/retention/decide.js';
import { ageCutoff, type LineKind, type RetentionRules } from '../../src/retention/policy.js';
import { NOW, textOf, type DrawnLine } from '../support/property-line.js';
import { testSeed } from '../support/random.js';
// prettier-ignore

const kinds: { weight: number; arbitrary: fc.Arbitrary<DrawnLine> }[] = [
  { weight: 6, arbitrary: fc.record({ kind: fc.constant<LineKind>('record'), age: fc.nat(2000), pad: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom<LineKind>('undated', 'unreadable', 'blank'), age: fc.nat(1), pad: fc.nat(20) }) },
]; // prettier-ignore
const drawn = fc.record({
  lines: fc.array(fc.oneof(...kinds), { maxLength: 40, size: 'max' }),
  /** How many lines the blocks have, again and again. */
  blocks: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
  /** How many blocks the files have. */
  files: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
});
const rules = fc.record<RetentionRules>({
  max_age_seconds: fc.option(fc.integer({ min: 1, max: 2000 })),
  max_records: fc.option(fc.integer({ min: 1, max: 40 })),
  max_total_bytes: fc.option(fc.integer({ min: 1, max: 2500 })),
  unreadable: fc.constantFrom('keep', 'drop'),
  undated: fc.constantFrom('keep', 'drop'),
  now: fc.constant(NOW),
});

interface Line {
  decision: LineDecision;
  text: string;
  start: number;
  end: number;
  block: number;
}

const noTick = () => undefined;
let file: OpenFile;
beforeAll(() => {
  const path = join(mkdtempSync(join(tmpdir(), 'papyra-planning-')), 'log');
  writeFileSync(path, '');
  file = { fd: openSync(path, 'r'), path };
});
afterAll(() => {
  closeSync(file.fd);
  rmSync(dirname(file.path), { recursive: true });
});

/** Writes the lines, sums them up in blocks as a scan does, and decides about each of them. */
function scanned(from: { lines: DrawnLine[]; blocks: number[] }, by: RetentionRules) {
  const texts = from.lines.map(textOf);
  const timestamps = from.lines.map(({ age }) => NOW - age);
  const decisions = decide(from.lines.map(({ kind }, at) => ({ kind, timestamp: timestamps[at]!, bytes: texts[at]!.length })), by); // prettier-ignore
  writeFileSync(file.path, texts.join(''));
  const sums: Sums[] = [];
  const lines: Line[] = [];
  let left = 0;
  let end = 0;
  for (const [at, text] of texts.entries()) {
    if (left === 0) {
      left = from.blocks[sums.length % from.blocks.length]!;
      sums.push(noSums(end));
    }
    left -= 1;
    const start = end;
    end += text.length;
    const sum = sums.at(-1)!;
    const category = categoryOf(from.lines[at]!.kind, timestamps[at]!, by);
    sum.lines[category] += 1;
    sum.bytes[category] += text.length;
    sum.end = end;
    lines.push({ decision: decisions[at]!, text, start, end, block: sums.length - 1 });
  }
  return { lines, blocks: sums.map((one) => blockOf(one, statusesOf(by))) };
}

function categoryOf(kind: LineKind, timestamp: number, by: RetentionRules): Category {
  if (kind !== 'record') return kind;
  return timestamp < ageCutoff(by) ? 'expired' : 'live';
}

const count = (lines: Line[], ...decisions: LineDecision[]) => lines.filter(({ decision }) => decisions.includes(decision)).length; // prettier-ignore
const bytes = (lines: Line[], ...decisions: LineDecision[]) => lines.reduce((sum, { decision, text }) => sum + (decisions.includes(decision) ? text.length : 0), 0); // prettier-ignore

const seed = testSeed('planning');
const numRuns = process.env['PAPYRA_SOAK'] === '1' ? 20_000 : 150;

/** Draws a log in one file, with its scan and its cut. */
function ofLogs(
  holds: (log: { lines: Line[]; blocks: Block[]; cut: Cut; by: RetentionRules }) => unknown,
  runs = numRuns,
): Promise<void> {
  const property = fc.asyncProperty(drawn, rules, async (log, by) => {
    const { lines, blocks } = scanned(log, by);
    const [cut] = await findCuts([{ file, blocks }], by, noTick);
    await holds({ lines, blocks, cut: cut!, by });
  });
  return fc.assert(property, { seed, numRuns: runs });
}

describe('what the blocks of a log say is what its lines say', () => {
  test('where count and size cut, in which file', async () => {
    const property = fc.asyncProperty(drawn, rules, async (log, by) => {
      const { lines, blocks } = scanned(log, by);
      const parts: { first: number; blocks: Block[] }[] = [];
      for (let first = 0; first < blocks.length;) {
        const length = log.files[parts.length % log.files.length]!;
        parts.push({ first, blocks: blocks.slice(first, first + length) });
        first += length;
      }
      const cuts = await findCuts(parts.map((part) => ({ file, blocks: part.blocks })), by, noTick); // prettier-ignore
      expect(cuts).toEqual(parts.map((part) => {
        const own = lines.filter(({ block }) => block >= part.first && block < part.first + part.blocks.length);
        const [of, size] = [count(own, 'count'), count(own, 'size')];
        return { records: of + size, bytes: bytes(own, 'count', 'size'), by: { count: of, size } };
      })); // prettier-ignore
    });
    await fc.assert(property, { seed, numRuns });
  });

  test('how much goes and stays, and by which limit', async () => {
    await ofLogs(({ lines, blocks, cut }) => {
      const { unreadable, end } = scanOf(blocks, 0);
      expect(end).toBe(lines.at(-1)?.end ?? 0);
      const goes = count(lines, 'age', 'count', 'size', 'unreadable') > 0;
      const going = bytes(lines, 'age', 'count', 'size', 'unreadable');
      const blank = bytes(lines, 'blank');
      const dropped = count(lines, 'age', 'count', 'size');
      const records = lines.length - count(lines, 'blank') - unreadable;
      expect(totalsOf(scanOf(blocks, 0), cut)).toEqual({
        scanned: records,
        kept: records - dropped,
        dropped,
        droppedBy: { age: count(lines, 'age'), count: count(lines, 'count'), size: count(lines, 'size'), free: 0 },
        discarded: count(lines, 'unreadable'),
        expiredLeft: 0,
        bytesKept: bytes(lines, 'keep') + (goes ? 0 : blank),
        bytesGoing: goes ? going + blank : 0,
        anythingGoes: goes,
        action: goes ? 'rewritten' : 'unchanged',
      }); // prettier-ignore
    });
  });

  test('up to where all lines at the start go', async () => {
    await ofLogs(async ({ lines, blocks, cut, by }) => {
      const first = lines.findIndex(({ decision }) => decision === 'keep');
      const head = first === -1 ? lines : lines.slice(0, first);
      const droppedBy = { age: count(head, 'age'), count: count(head, 'count'), size: count(head, 'size'), free: 0 }; // prettier-ignore
      expect(await findHead(file, blocks, cut, by, noTick)).toEqual({
        keep: head.at(-1)?.end ?? 0,
        dropped: droppedBy.age + droppedBy.count + droppedBy.size,
        droppedBy,
        discarded: count(head, 'unreadable'),
      });
    });
  });

  test('which bytes stay, and which go', async () => {
    await ofLogs(
      async ({ lines, blocks, cut, by }) => {
        const reader = new LineReader({ cutoff: ageCutoff(by), horizon: Infinity });
        const text = async (which: 'staying' | 'going', of = blocks) => {
          const pieces: Buffer[] = [];
          const selection = { file, blocks: of, cut: cut.records, rules: by, reader, tick: noTick };
          for await (const piece of selectedBytes(which, selection))
            pieces.push(Buffer.from(piece));
          return Buffer.concat(pieces).toString();
        };
        const going = lines.filter(({ decision }) => !['keep', 'blank'].includes(decision));
        expect(await text('staying')).toBe(lines.filter(({ decision }) => decision === 'keep').map((line) => line.text).join('')); // prettier-ignore
        expect(await text('going')).toBe(going.map((line) => line.text).join(''));
        const { keep } = await findHead(file, blocks, cut, by, noTick);
        expect(await text('going', headOf(blocks, keep))).toBe(going.filter(({ end }) => end <= keep).map((line) => line.text).join('')); // prettier-ignore
      },
      Math.ceil(numRuns / 4),
    ); // A reader takes some milliseconds to make.
  });

  const always = (by: Partial<RetentionRules> = {}): RetentionRules => ({ max_age_seconds: 1000, max_records: null, max_total_bytes: null, unreadable: 'keep', undated: 'keep', now: NOW, ...by }); // prettier-ignore
  const record = (age: number): DrawnLine => ({ kind: 'record', age, pad: 7 });
  const none = { cut: 0, tick: noTick };

  async function pieces(which: 'staying' | 'going', blocks: Block[], cut = 0, by = always()) {
    const reader = new LineReader({ cutoff: ageCutoff(by), horizon: Infinity });
    const found: string[] = [];
    for await (const piece of selectedBytes(which, { ...none, file, blocks, cut, rules: by, reader })) found.push(Buffer.from(piece).toString()); // prettier-ignore
    return found;
  }

  test('blocks of which all stays or goes are read at once with their neighbours, what is neither is not read', async () => {
    const ages = [2000, 2001, 2002, 2003, 5, 6, 7, 8];
    const { lines, blocks } = scanned({ lines: ages.map(record), blocks: [2] }, always());
    const [old, young] = [lines.slice(0, 4), lines.slice(4)].map((some) => some.map(({ text }) => text).join('')); // prettier-ignore
    expect(await pieces('staying', blocks)).toEqual([young]);
    expect(await pieces('going', blocks)).toEqual([old]);
    expect(await pieces('going', blocks, 2)).toEqual([old! + young!.slice(0, blocks[0]!.end)]);
    expect(await pieces('staying', blocks.slice(2))).toEqual([young]); // prettier-ignore
    // A hole between two blocks is not read.
    expect(await pieces('staying', [blocks[2]!, { ...blocks[3]!, start: blocks[3]!.start + 1 }])).toHaveLength(2); // prettier-ignore
  });

  test('the lines that the scan has marked are taken, but not where a cut changes them, or a part of the block is wanted', async () => {
    const { lines, blocks } = scanned({ lines: [2000, 5, 6, 2001].map(record), blocks: [4] }, always()); // prettier-ignore
    const text = (...which: number[]) => which.map((at) => lines[at]!.text).join('');
    const [block] = blocks as [Block];
    expect(await pieces('staying', [block])).toEqual([text(1, 2)]);
    // They are as many and as long, so nothing else can tell these marks from the right ones.
    const marked = { ...block, sums: { ...block.sums, marks: Uint8Array.of(0b1001) } };
    expect(await pieces('staying', [marked])).toEqual([text(0, 3)]);
    const right = { ...block, sums: { ...block.sums, marks: Uint8Array.of(0b0110) } };
    expect(await pieces('going', [right])).toEqual([text(0, 3)]);
    expect(await pieces('staying', [marked], 1)).toEqual([text(2)]);
    expect(await pieces('staying', [{ ...marked, end: lines[2]!.end }])).toEqual([text(1, 2)]);
    expect(await pieces('staying', [{ ...marked, start: lines[1]!.start }])).toEqual([text(1, 2)]);
    const wrong = { ...marked, bytes: { ...block.bytes, live: block.bytes.live + 1 } };
    await expect(pieces('staying', [wrong])).rejects.toMatchObject({ code: 'try_again' });
    const more = { ...marked.sums, lines: { ...marked.sums.lines, live: 3 } };
    await expect(pieces('staying', [{ ...marked, sums: more }])).rejects.toMatchObject({ code: 'try_again' }); // prettier-ignore
  });

  test('what stays for another reason than its time is marked, too', async () => {
    const { lines, blocks } = scanned({ lines: [{ kind: 'unreadable', age: 0, pad: 3 }, ...[2000, 5].map(record)], blocks: [3] }, always()); // prettier-ignore
    const [block] = blocks as [Block];
    expect(block.bytes.pinned).toBeGreaterThan(0);
    const marked = { ...block, sums: { ...block.sums, marks: Uint8Array.of(0b101) } };
    expect(await pieces('staying', [marked])).toEqual([lines[0]!.text + lines[2]!.text]);
  });

  test('a log that has become shorter since is no log to be rewritten', async () => {
    const { blocks } = scanned({ lines: [5, 6].map(record), blocks: [2] }, always());
    truncateSync(file.path, blocks[0]!.end - 1);
    await expect(pieces('staying', blocks)).rejects.toMatchObject({ code: 'try_again' });
  });

  test('the head of a log ends in the block in which it ends', () => {
    const blocks = [0, 10, 20].map((start) => blockWith(start, 10, 'live'));
    const ends = (keep: number) => headOf(blocks, keep).map(({ start, end }) => [start, end]);
    expect([ends(0), ends(10), ends(11), ends(99)]).toEqual([[], [[0, 10]], [[0, 10], [10, 11]], [[0, 10], [10, 20], [20, 30]]]); // prettier-ignore
  });

  test.each([[0, 0], [1, 0], [2, 2], [70_000, 2], [100_001, 2], [100_002, 2], [100_003, 100_003], [100_004, 100_003]])('of a log the line that begins at or before %d begins at %d', (position, start) => {
    writeFileSync(file.path, `a\n${'b'.repeat(100_000)}\ncc`);
    expect(lineStartBefore(file, position)).toBe(start);
  }); // prettier-ignore

  test('which blocks are whole after a rewrite, and where', async () => {
    await ofLogs(({ lines, blocks, cut }) => {
      const whole = blocks.filter((_, block) => lines.every((line) => line.block !== block || line.decision === 'keep')); // prettier-ignore
      expect(remainingBlocks(blocks, cut, 7)).toEqual(whole.map(({ sums, start, end }) => {
        const before = lines.filter((line) => line.end <= start && line.decision === 'keep');
        const place = 7 + before.reduce((sum, { text }) => sum + text.length, 0);
        return { ...sums, start: place, end: place + end - start };
      })); // prettier-ignore
      expect(liveIn(blocks).records).toBe(count(lines, 'keep', 'count', 'size') - pinnedIn(blocks));
    });
  });
});

const pinnedIn = (blocks: Block[]) => blocks.reduce((sum, { lines }) => sum + lines.pinned, 0);

/** A block of which all lines have the same status. */
function blockWith(start: number, length: number, status: 'live' | 'expired' | 'pinned' | 'blank' | 'mixed'): Block {
  const sums = { ...noSums(start), end: start + length };
  const of = (category: Category, share: number) => {
    sums.lines[category] = 10 * share;
    sums.bytes[category] = length * share;
  };
  if (status === 'mixed') of('live', 0.5);
  of(status === 'pinned' ? 'undated' : status === 'mixed' ? 'expired' : status, status === 'mixed' ? 0.5 : 1);
  return blockOf(sums, { live: 'live', expired: 'expired', undated: 'pinned', unreadable: 'pinned', blank: 'blank' });
} // prettier-ignore

describe('a rewrite that shares blocks', () => {
  const MB = 1 << 20;
  const UNIT = 4096;
  const large = fc.array(fc.record({ length: fc.integer({ min: 1, max: 3 * MB }), status: fc.constantFrom('live', 'live', 'pinned', 'expired', 'mixed', 'blank'), gap: fc.boolean() }), { maxLength: 12, size: 'max' }); // prettier-ignore
  const noCut = { records: 0, bytes: 0, by: { count: 0, size: 0 } };

  test('takes the longest run of blocks that stay, at the same place in a block as before', () => {
    const seen = { some: 0, none: 0 };
    fc.assert(fc.property(large, fc.nat(25), fc.integer({ min: 1, max: 3 * UNIT }), (lines, cut, bytesGoing) => {
      const blocks: Block[] = [];
      for (const { length, status, gap } of lines) blocks.push(blockWith((blocks.at(-1)?.end ?? 0) + (gap ? 3 : 0), length, status)); // prettier-ignore
      const given: Cut = { records: cut, bytes: cut * 5, by: { count: cut, size: 0 } };
      const whole = new Map(remainingBlocks(blocks, given, 0).map((sums) => [blocks.findIndex((block) => block.sums.lines === sums.lines), sums.start])); // prettier-ignore
      let longest = 0;
      for (let first = 0; first < blocks.length; first++) {
        for (let last = first; whole.has(last) && (last === first || blocks[last - 1]!.end === blocks[last]!.start); last++) longest = Math.max(longest, blocks[last]!.end - blocks[first]!.start); // prettier-ignore
      }
      const plan = planClone(blocks, given, UNIT, bytesGoing);
      seen[plan ? 'some' : 'none'] += 1;
      if (!plan) {
        // Too short once its ends are cut to whole units, or the filler may be larger than what goes.
        expect(longest < MB + 2 * UNIT || bytesGoing <= UNIT + FILLER_BYTES).toBe(true);
        return;
      }
      const { first, last, shared, filler } = plan;
      const [start, end] = [blocks[first]!.start, blocks[last]!.end];
      expect(end - start).toBe(longest);
      for (let at = first; at <= last; at++) expect(whole.has(at)).toBe(true);
      expect(shared).toEqual({ from: Math.ceil(start / UNIT) * UNIT, to: Math.floor(end / UNIT) * UNIT }); // prettier-ignore
      expect(shared.to - shared.from).toBeGreaterThanOrEqual(MB);
      expect((whole.get(first)! + filler - start) % UNIT === 0).toBe(true);
      expect(filler === 0 || (filler >= FILLER_BYTES && filler < UNIT + FILLER_BYTES)).toBe(true);
      expect(filler).toBeLessThan(bytesGoing);
    }), { seed, numRuns }); // prettier-ignore
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  });

  test('is worth it from one megabyte on, and from a filler on that is smaller than what goes', () => {
    const plan = (blocks: Block[], going = 10_000) => planClone(blocks, noCut, UNIT, going);
    expect(plan([blockWith(0, MB, 'live')])).toEqual({ first: 0, last: 0, shared: { from: 0, to: MB }, filler: 0 }); // prettier-ignore
    expect(plan([blockWith(0, MB - 1, 'live')])).toBeUndefined();
    expect(plan([blockWith(1, MB + UNIT - 2, 'live')])).toBeUndefined();
    expect(plan([])).toBeUndefined();
    const behind = [blockWith(0, 200, 'expired'), blockWith(200, 2 * MB, 'live')];
    expect(plan(behind, 201)?.filler).toBe(200);
    expect(plan(behind, 200)).toBeUndefined();
    // The filler would be shorter than any: it takes a unit more.
    const close = [blockWith(0, UNIT + 10, 'expired'), blockWith(UNIT + 10, 2 * MB, 'live')];
    expect(plan(close)?.filler).toBe(UNIT + 10);
    const equal = [blockWith(0, FILLER_BYTES, 'expired'), blockWith(FILLER_BYTES, 2 * MB, 'live')];
    expect(plan(equal)?.filler).toBe(FILLER_BYTES);
  });

  test('makes the file larger by the filler, and writes less', () => {
    const clone = { first: 0, last: 0, shared: { from: 4096, to: 8192 }, filler: 100 };
    const totals = { bytesGoing: 1000, bytesKept: 9000 } as Totals;
    expect(withFiller(totals, clone)).toEqual({ bytesGoing: 900, bytesKept: 9100 });
    expect(withFiller(totals, undefined)).toEqual(totals);
    expect([bytesWritten(9000, clone), bytesWritten(9000, undefined)]).toEqual([4904, 9000]);
    expect([methodOf({ action: 'collapsed' }), methodOf({ action: 'rewritten', clone }), methodOf({ action: 'rewritten' }), methodOf({ action: 'removed', clone })]).toEqual(['collapse', 'clone', 'copy', undefined]); // prettier-ignore
  });
});

describe('the sums of blocks', () => {
  const keep: RetentionRules = { max_age_seconds: null, max_records: null, max_total_bytes: null, unreadable: 'keep', undated: 'keep', now: NOW }; // prettier-ignore
  const lines = (block: Block) => Object.entries(block.lines).filter(([, of]) => of > 0);
  const of = (block: Block) => ({ start: block.start, end: block.end, lines: lines(block), bytes: Object.entries(block.bytes).filter(([, sum]) => sum > 0) }); // prettier-ignore

  test('go by what the rules do with a category', () => {
    expect(statusesOf(keep)).toEqual({ live: 'live', expired: 'expired', undated: 'live', unreadable: 'pinned', blank: 'blank' }); // prettier-ignore
    expect(statusesOf({ ...keep, max_age_seconds: 1, unreadable: 'drop', blank: 'keep' })).toEqual({ live: 'live', expired: 'expired', undated: 'pinned', unreadable: 'discarded', blank: 'pinned' }); // prettier-ignore
  });

  test('of what was not read are those of one line', () => {
    const statuses = statusesOf({ ...keep, unreadable: 'drop' });
    expect(of(unreadBlock(5, 12, statuses))).toEqual({ start: 5, end: 12, lines: [['discarded', 1]], bytes: [['discarded', 7]] }); // prettier-ignore
    expect(of(restBlock(5, 12, true))).toEqual({ start: 5, end: 12, lines: [['live', 1]], bytes: [['live', 7]] }); // prettier-ignore
    expect(of(restBlock(5, 12, false))).toEqual({ start: 5, end: 12, lines: [['pinned', 1]], bytes: [['pinned', 7]] }); // prettier-ignore
    expect(of(blankBlock(12, statuses))).toEqual({ start: 0, end: 12, lines: [['blank', 1]], bytes: [['blank', 12]] }); // prettier-ignore
  });

  test('are added up, and of no block they are nothing', () => {
    const block = (sums: Partial<Sums>) => ({ ...blockWith(0, 10, 'live'), sums: { ...noSums(0), ...sums } }); // prettier-ignore
    const found = scanOf([block({ newest: NaN, future: 1 }), block({ newest: 5, future: 2 }), block({ newest: 3 }), block({ newest: NaN })], 0); // prettier-ignore
    expect(found).toMatchObject({ end: 10, newest: 5, future: 3, unreadable: 0, undated: 0 });
    expect(scanOf([], 7)).toEqual({ blocks: [], end: 7, newest: NaN, future: 0, unreadable: 0, undated: 0 }); // prettier-ignore
    const odd = { lines: { ...noSums(0).lines, undated: 2, unreadable: 3 } };
    expect(scanOf([block(odd), block(odd)], 0)).toMatchObject({ undated: 4, unreadable: 6 });
  });

  test.each([[1, 2, 1, 2], [2, 1, 1, 2], [NaN, 1, 1, 1], [1, NaN, 1, 1], [NaN, NaN, NaN, NaN], [2, 2, 2, 2]])('know of %d and %d the earlier and the later time', (one, other, first, last) => {
    expect([earlier(one, other), later(one, other)]).toEqual([first, last]);
  }); // prettier-ignore

  test('behind a head that has gone begin so much earlier', () => {
    const sums = [0, 10, 20].map((start) => ({ ...noSums(start), end: start + 10 }));
    expect(blocksBehind(sums, 10, 4).map(({ start, end }) => [start, end])).toEqual([[6, 16], [16, 26]]); // prettier-ignore
  });

  test.each([
    [{ max_records: 1, unreadable: 'drop' }, true],
    [{ max_total_bytes: 1, unreadable: 'drop' }, true],
    [{ max_records: 1 }, false],
    [{ unreadable: 'drop' }, false],
    [{ max_records: 1, max_age_seconds: 1, unreadable: 'drop' }, false],
  ] as const)('of the end are enough with %j: %j', (given, enough) => {
    expect(endIsEnough({ ...keep, ...given })).toBe(enough);
  });
});

describe('the totals of a part', () => {
  const whole: Totals = {
    scanned: 10, kept: 4, dropped: 6, droppedBy: { age: 3, count: 2, size: 1, free: 0 }, discarded: 2, expiredLeft: 0,
    bytesKept: 400, bytesGoing: 600, anythingGoes: true, action: 'rewritten',
  }; // prettier-ignore
  const nothing = { age: 0, count: 0, size: 0, free: 0 };

  test('in place are those of the head, and the rest is left', () => {
    const head = { keep: 500, dropped: 5, droppedBy: { age: 3, count: 2, size: 0, free: 0 }, discarded: 1 }; // prettier-ignore
    expect(headTotals(whole, head, 450)).toEqual({ ...whole, dropped: 5, kept: 5, droppedBy: head.droppedBy, discarded: 1, expiredLeft: 1, bytesGoing: 450, action: 'collapsed' }); // prettier-ignore
    expect(headTotals(whole, head, 0)).toEqual({ ...whole, dropped: 0, kept: 10, droppedBy: nothing, discarded: 0, expiredLeft: 6, bytesGoing: 0, anythingGoes: false, action: 'unchanged' }); // prettier-ignore
  });

  test('of which nothing goes say what was left', () => {
    expect(untouched({ ...whole, expiredLeft: 1 })).toEqual({ ...whole, dropped: 0, kept: 10, droppedBy: nothing, discarded: 0, expiredLeft: 7, bytesKept: 1000, bytesGoing: 0, anythingGoes: false, action: 'unchanged' }); // prettier-ignore
  });

  test('that frees space are all of one rule', () => {
    const scan = scanOf([blockWith(0, 100, 'expired'), blockWith(100, 50, 'live')], 0);
    const freed = { scanned: 20, kept: 10, dropped: 10, droppedBy: { ...nothing, free: 10 }, discarded: 0, expiredLeft: 0, bytesKept: 50, bytesGoing: 99, anythingGoes: true }; // prettier-ignore
    expect(freedTotals(scan, 'collapsed', 99)).toEqual({ ...freed, action: 'collapsed' });
    expect(freedTotals(scan, 'rewritten', 99)).toEqual({ ...freed, action: 'rewritten' });
    expect(freedTotals(scan, 'removed', 99)).toEqual({ ...freed, action: 'rewritten' });
    expect(freedTotals(scan, 'unchanged', 99)).toEqual({ ...freed, kept: 20, dropped: 0, droppedBy: nothing, expiredLeft: 10, bytesKept: 150, bytesGoing: 0, anythingGoes: false, action: 'unchanged' }); // prettier-ignore
  });
});

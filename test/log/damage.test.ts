import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { LineScanner } from '../../src/records/scanner.js';
import { damagedStore, tornTails, writeStore, type DamagedFile, type DamagedStore } from '../support/damage.js'; // prettier-ignore
import { Random, testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';

type LineAnomaly = [kind: string, line: number, offset: number, bytes: number];

/** A line without its newline, by JavaScript's own reader, and what Python's reads beside that. */
function kindOf(line: Uint8Array): 'record' | 'blank' | 'bad' {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return 'bad';
  }
  if (/^[ \t\r]*$/.test(text)) return 'blank';
  const plain = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (one) =>
    one.startsWith('"') ? one : '0',
  );
  try {
    const value: unknown = JSON.parse(plain);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? 'record' : 'bad';
  } catch {
    return 'bad';
  }
}

/** The plain rules, on one file. */
function judge(content: Buffer) {
  const anomalies: LineAnomaly[] = [];
  const kept: Buffer[] = [];
  let records = 0;
  let removed = 0;
  let line = 1;
  for (let start = 0; start < content.length; line++) {
    const newline = content.indexOf(0x0a, start);
    const isTail = newline === -1;
    const end = isTail ? content.length : newline + 1;
    const bytes = content.subarray(start, end);
    const kind = kindOf(isTail ? bytes : bytes.subarray(0, -1));
    if (isTail) anomalies.push(['TRUNCATED_LINE', line, start, bytes.length]);
    else if (kind === 'bad') anomalies.push(['CORRUPTED_LINE', line, start, bytes.length]);
    if (kind === 'record') records += 1;
    if (kind === 'record' || (kind === 'blank' && !isTail)) kept.push(bytes);
    else removed += bytes.length;
    if (kind === 'record' && isTail) kept.push(Buffer.from('\n'));
    start = end;
  }
  return { anomalies, recovered: Buffer.concat(kept), removed, records };
}

function expectedIn({ anomalies }: DamagedStore, { name }: DamagedFile): unknown[] {
  return anomalies
    .filter(({ file }) => file === name)
    .map(({ kind, line, offset, bytes }) => [kind, line, offset, bytes]);
}

function assertAsJudged(store: DamagedStore): void {
  const going = store.files.map((file) => {
    const { anomalies, recovered, removed, records } = judge(file.content);
    expect(expectedIn(store, file)).toEqual(anomalies);
    expect(recovered.equals(file.recovered)).toBe(true);
    expect(file.records).toBe(records);
    expect(judge(file.recovered)).toMatchObject({ anomalies: [], removed: 0, records });
    return removed;
  });
  expect(store.bytesGoing).toBe(going.reduce((sum, bytes) => sum + bytes, 0));
  expect(store.bytes).toBe(store.files.reduce((sum, { content }) => sum + content.length, 0));
}

const SEEDS = 300;

describe.each(['json', 'rotating'] as const)('damaged stores: %s', (backend) => {
  test('have the anomalies that they are said to have, and no other', () => {
    const first = testSeed(`damaged ${backend}`);
    const seen = new Set<string>();
    for (let seed = first; seed < first + SEEDS; seed++) {
      const store = damagedStore(new Random(seed), backend);
      assertAsJudged(store);
      for (const { fault } of store.anomalies) seen.add(fault);
    }
    expect([...seen].sort()).toEqual(
      [
        ...['glued', 'torn and glued', 'zeros', 'zeros in front', 'zeros over a page', 'hole'],
        ...['bad UTF-8', 'foreign line', 'half filler', 'torn tail', 'whole tail'],
        ...['zeros at the end', 'foreign tail', 'glued tail', 'blank tail', 'neighbour'],
        ...(backend === 'rotating' ? ['index too high'] : []),
      ].sort(),
    );
  });

  test('have the same lines that cannot be read by the scanner of papyra', () => {
    const first = testSeed(`damaged ${backend}, scanned`);
    for (let seed = first; seed < first + 50; seed++) {
      const store = damagedStore(new Random(seed), backend);
      for (const file of store.files) {
        const bad: unknown[] = [];
        const scanner = new LineScanner((kind, start, end) => {
          if (kind === 'unreadable') bad.push([start, end - start]);
        });
        scanner.push(file.content);
        const corrupted = store.anomalies.filter(
          ({ kind, file: name }) => kind === 'CORRUPTED_LINE' && name === file.name,
        );
        expect(bad).toEqual(corrupted.map(({ offset, bytes }) => [offset, bytes]));
      }
    }
  });

  test('are the same from the same seed, and are written as they are, holes as holes', () => {
    const first = testSeed(`damaged ${backend}, written`);
    let holes = 0;
    for (let seed = first; seed < first + 40; seed++) {
      const store = damagedStore(new Random(seed), backend);
      expect(isDeepStrictEqual(damagedStore(new Random(seed), backend), store)).toBe(true);
      const directory = tempDirectory();
      const log = writeStore(directory, store);
      expect(log).toBe(`${directory}/${store.name}`);
      const all = [...store.files, ...store.others];
      expect(readdirSync(directory).sort()).toEqual(all.map(({ name }) => name).sort());
      for (const { name, content, holes: ranges } of all) {
        expect(readFileSync(`${directory}/${name}`).equals(content)).toBe(true);
        if (ranges.length === 0) continue;
        expect(statSync(`${directory}/${name}`).blocks * 512).toBeLessThan(content.length + 4096);
        for (const { start, end } of ranges) {
          expect(content.subarray(start, end).every((byte) => byte === 0)).toBe(true);
        }
        holes += 1;
      }
    }
    expect(holes).toBeGreaterThan(0);
  });
});

test('a tail is torn behind each byte of a record, and once whole', () => {
  const stores = [...tornTails(new Random(testSeed('torn tails')))];
  for (const store of stores) assertAsJudged(store);
  const lengths = stores.map(({ anomalies }) => anomalies[0]!.bytes);
  expect(lengths).toEqual(stores.map((_, at) => at + 1));
  expect(stores.map(({ anomalies }) => anomalies[0]!.fault).lastIndexOf('torn tail')).toBe(
    stores.length - 2,
  );
});

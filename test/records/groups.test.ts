// Groups of records stay few in memory, and say what that costs.
import { expect, test } from 'vitest';
import { FieldReader } from '../../src/records/fields.js';
import { Groups } from '../../src/records/groups.js';
import { Random, testSeed } from '../support/random.js';

const noWord = () => undefined;
const reader = new FieldReader();

function add(groups: Groups, name: string, bytes: number): void {
  const record = Buffer.from(`{"kind": "event", "event_type": ${JSON.stringify(name)}}`);
  reader.begin();
  reader.push(record, 0, record.length);
  groups.add(reader, reader.text('kind') ?? '', bytes, true);
}

test('as long as there are few names, each is counted exactly, however it is spelt', () => {
  const groups = new Groups('type', noWord);
  for (const name of ['"a"', '"\\u0061"', '"b"', '"a"', 'null', '7', '{"x":1}']) {
    const record = Buffer.from(`{"kind": "event", "event_type": ${name}}`);
    reader.begin();
    reader.push(record, 0, record.length);
    groups.add(reader, '"event"', 10, false);
  }
  const { groups: found, dropped, isCut } = groups.sums();
  expect(isCut).toBe(false);
  expect(dropped).toEqual({ records: 0, bytes: 0, recent: 0 });
  expect(found.map(({ name, records }) => [name, records])).toEqual([
    ['a', 3],
    ['b', 1],
    [null, 1],
    ['7', 1],
    ['{"x":1}', 1],
  ]);
});

test('a name counts by its first 200 characters, whatever is behind them', () => {
  const groups = new Groups('type', noWord);
  for (const end of ['a', 'b']) add(groups, `${'日'.repeat(200)}${end}`, 1);
  for (const end of ['', '"', '\\', '\n'])
    add(groups, `${'\u0007'.repeat(200)}${end.repeat(700)}`, 1);
  const { groups: found } = groups.sums();
  expect(found.map(({ name, records }) => [name, records])).toEqual([
    ['日'.repeat(200), 2],
    ['\u0007'.repeat(200), 4],
  ]);
});

test('of too many names the large ones stay, what a number may lack is told, and nothing is lost', () => {
  const seed = testSeed('groups of names');
  const random = new Random(seed);
  for (let round = 0; round < 20; round++) {
    const groups = new Groups(
      'type',
      noWord,
      random.chance(0.5) ? { names: 100, characters: 1e6 } : { names: 1e6, characters: 1500 },
    );
    const plain = new Map<string, number>();
    let bytes = 0;
    for (let n = 0; n < 5000; n++) {
      const name = random.chance(0.3) ? `large-${random.below(5)}` : `small-${random.below(3000)}`;
      const size = 1 + random.below(400);
      add(groups, name, size);
      plain.set(name, (plain.get(name) ?? 0) + size);
      bytes += size;
    }
    const { groups: found, dropped, isCut } = groups.sums();
    expect(isCut).toBe(true);
    expect(found.length).toBeLessThanOrEqual(100);
    expect(found.reduce((sum, group) => sum + group.bytes, dropped.bytes)).toBe(bytes);
    for (const { name, bytes: counted, missed } of found) {
      const real = plain.get(name!)!;
      expect(counted, `seed ${seed}`).toBeLessThanOrEqual(real);
      expect(counted + missed, `seed ${seed}`).toBeGreaterThanOrEqual(real);
    }
    const largest = [...plain].sort(([, one], [, other]) => other - one).slice(0, 5);
    const names = found.map(({ name }) => name);
    for (const [name] of largest) expect(names, `seed ${seed}`).toContain(name);
  }
});

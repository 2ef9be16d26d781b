import { describe, expect, test } from 'vitest';
import { CATEGORIES, type Category } from '../../src/records/kernel/kernel.js';
import { ExactKernel } from '../../src/records/kernel/exact-kernel.js';
import { webAssemblyKernel } from '../../src/records/kernel/web-assembly.js';
import { LineReader, type Gathering, type Instants } from '../../src/records/line-reader.js';
import { LineScanner } from '../../src/records/scanner.js';
import { noSums, type Sums } from '../../src/records/sums.js';
import { drawLog, START, STEP } from '../support/odd-log.js';
import { Random, testSeed } from '../support/random.js';

const soak = process.env['PAPYRA_SOAK'] === '1';

interface Line {
  category: Category;
  start: number;
  end: number;
  timestamp: number;
}

/** What the exact scanner says, which agrees with Python (scanner.test.ts). */
function exactly(bytes: Uint8Array, { cutoff }: Instants): Line[] {
  const lines: Line[] = [];
  new LineScanner((kind, start, end, timestamp) => {
    const category = kind === 'record' ? (timestamp < cutoff ? 'expired' : 'live') : kind;
    lines.push({ category, start, end, timestamp });
  }).push(bytes);
  return lines;
}

function sumUp(lines: Line[], { horizon }: Instants): Sums {
  const sums = noSums(lines[0]?.start ?? 0);
  for (const { category, start, end, timestamp } of lines) {
    sums.end = end;
    sums.lines[category] += 1;
    sums.bytes[category] += end - start;
    const seconds = Math.max(-9e15, Math.min(9e15, Math.floor(timestamp)));
    if (!(seconds >= sums.oldest) && !Number.isNaN(seconds)) sums.oldest = seconds;
    if (!(seconds <= sums.newest) && !Number.isNaN(seconds)) sums.newest = seconds;
    if (timestamp > horizon) sums.future += 1;
    sums.longest = Math.max(sums.longest, end - start);
  }
  return sums;
}

/** Feeds all bytes in reads of the lengths that `next` says. */
function read(
  reader: LineReader,
  bytes: Uint8Array,
  next: () => number,
  gathering?: Gathering,
): { sums: Sums[]; gathered: Buffer } {
  const all: Sums[] = [];
  const pieces: Buffer[] = [];
  reader.startAt(0, gathering);
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + Math.min(next(), reader.window.length));
    reader.window.set(piece);
    reader.take(piece.length, (sums) => {
      all.push(sums);
      if (gathering) pieces.push(Buffer.from(reader.gathered()));
    });
    at += piece.length;
  }
  return { sums: all, gathered: Buffer.concat(pieces) };
}

const VALUES = ['1', '12', '1.5', '-1', '1e5', '01', '"a"', '"ab"', '"a', '"é"', '"\\n"', '"\\x"', '{}', '[]', '[1]', '{"k": 1}', '{"k": {"k": 1}}', 'null', 'true', 'nul', 'NaN', '"timestamp"', '', '1,"z": 2', '1}', `${START + 5}`]; // prettier-ignore

function isValue(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return text === 'NaN';
  }
}

/** Lines of few shapes in which most values are always the same, but for `rare` of them. */
function drawConstant(random: Random, count: number): Buffer {
  const keys = ['a', 'b', 'timestamp', 'c', 'timestamp', 'd'].slice(random.below(3));
  const rare = random.pick([0.001, 0.02, 0.3]);
  const shapes = Array.from({ length: 1 + random.below(3) }, () => {
    const fields = keys.filter(() => random.chance(0.8));
    return fields.map((key) => ({
      key,
      value: random.pick(random.chance(0.9) ? VALUES.filter(isValue) : VALUES),
    }));
  });
  const lines = Array.from({ length: count }, (_, index) => {
    const shape = random.pick(shapes).map(({ key, value }) => {
      if (random.chance(rare)) return `"${key}": ${random.pick(VALUES)}`;
      return key === 'timestamp' && random.chance(0.9) ? `"${key}": ${START + index}.5` : `"${key}": ${value}`; // prettier-ignore
    });
    return `{${shape.join(', ')}}\n`;
  });
  return Buffer.from(lines.join(''));
}

const exactKernel = () => new ExactKernel('');

describe.each([
  ['the kernel', webAssemblyKernel],
  ['the kernel without WebAssembly', exactKernel],
])('%s', (_name, makeKernel) => {
  test('says of each line, on its own, what the exact scanner says', () => {
    const random = new Random(testSeed('kernel, line by line'));
    for (let round = 0; round < (soak ? 200 : 12); round++) {
      const bytes = drawLog(new Random(random.below(2 ** 31)), 600, random.pick([0.02, 0.3, 1]));
      const instants = {
        cutoff: random.pick([-Infinity, START + STEP * 300, START + STEP * 301 + random.next()]),
        horizon: START + STEP * random.below(600) + random.next(),
      };
      const reader = new LineReader(instants, makeKernel());
      for (const line of exactly(bytes, instants)) {
        const text = bytes.subarray(line.start, line.end);
        const { sums } = read(reader, text, () => text.length);
        const expected = sumUp([{ ...line, start: 0, end: text.length }], instants);
        expect({ seed: random.seed, line: text.toString('latin1'), sums }).toEqual({
          seed: random.seed,
          line: text.toString('latin1'),
          sums: [expected],
        });
      }
    }
  });

  test('sums up and gathers a log however its reads are cut', () => {
    const random = new Random(testSeed('kernel, whole logs'));
    for (let round = 0; round < (soak ? 300 : 25); round++) {
      const bytes = drawLog(new Random(random.below(2 ** 31)), 1500, random.pick([0, 0.05, 0.5]));
      const instants = {
        cutoff: random.pick([-Infinity, START + STEP * random.below(1500)]),
        horizon: START + STEP * 1400,
      };
      const lines = exactly(bytes, instants);
      const reader = new LineReader(instants, makeKernel());
      const most = random.pick([50, 700, 5000, 1 << 20]);
      const next = () => 1 + random.below(most);
      const { sums } = read(reader, bytes, next);
      expect(merged(sums)).toEqual(sumUp(lines, instants));
      let at = 0;
      for (const { start, end } of sums) {
        expect(start).toBe(at);
        at = end;
      }
      const wanted = CATEGORIES.filter(() => random.chance(0.5));
      const gathering = {
        categories: wanted,
        counting: ['live'] as const,
        skip: random.below(900),
      };
      expect(read(reader, bytes, next, gathering).gathered.equals(pick(bytes, lines, gathering))).toBe(true); // prettier-ignore
    }
  });

  test('says of a value what it is, however long it was the same before', () => {
    const random = new Random(testSeed('kernel, constant values'));
    for (let round = 0; round < (soak ? 500 : 40); round++) {
      const bytes = drawConstant(random, 600);
      const instants = { cutoff: START + random.below(600), horizon: START + random.below(600) };
      const lines = exactly(bytes, instants);
      const reader = new LineReader(instants, makeKernel());
      const most = random.pick([3000, 20_000, 1 << 20]);
      const { sums } = read(reader, bytes, () => 1 + random.below(most));
      expect(merged(sums)).toEqual(sumUp(lines, instants));
    }
  });

  test('takes lines of any length: longer than a read, longer than the window, up to its very last byte', () => {
    const instants = { cutoff: START, horizon: START + 1000 };
    const reader = new LineReader(instants, makeKernel());
    const window = reader.window.length;
    const long = (length: number, timestamp: number) => {
      const [head, tail] = ['{"pad": "', `", "timestamp": ${timestamp}.5}\n`];
      return head + 'ü'.repeat(1) + 'x'.repeat(length - head.length - tail.length - 2) + tail;
    };
    const short = `{"timestamp": ${START + 1}.5}\n`;
    const lengths = [window - 1, window, window + 1, 2 * window - 1, 2 * window + 3, 5 * window];
    const text = lengths
      .map((length, index) => short.repeat(index) + long(length, START - 3 + index))
      .join('');
    const bytes = Buffer.from(`${text}${short}not a record${'x'.repeat(3 * window)}\n${short}`);
    const lines = exactly(bytes, instants);
    for (const size of [window, window - 7, 100_003]) {
      const { sums } = read(reader, bytes, () => size);
      expect(merged(sums)).toEqual(sumUp(lines, instants));
      // A line that no window holds is a block of its own: nobody gathers from it.
      const alone = sums.filter(({ start, end }) => end - start > 2 * window);
      expect(alone.map(({ lines: by }) => Object.values(by).reduce((a, b) => a + b))).toEqual([
        1, 1, 1,
      ]);
    }
    reader.startAt(0);
    reader.window.write('{"half": ');
    reader.take(9, () => expect.unreachable());
    expect(reader.lineStart).toBe(0);
  });
});

test('picks from each block the lines that were marked, however its reads are cut', () => {
  const random = new Random(testSeed('marks'));
  let picked = 0;
  for (let round = 0; round < (soak ? 300 : 25); round++) {
    const bytes = drawLog(new Random(random.below(2 ** 31)), 1000, random.pick([0, 0.05, 0.5]));
    const instants = { cutoff: START + STEP * random.below(1000), horizon: START + STEP * 900 };
    const marked = CATEGORIES.filter(() => random.chance(0.5));
    const lines = exactly(bytes, instants);
    const reader = new LineReader(instants);
    const most = random.pick([900, 5000, 1 << 20]);
    const all: Sums[] = [];
    reader.startAt(0, undefined, marked);
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + 1 + random.below(most));
      reader.window.set(piece);
      reader.take(piece.length, (sums) => all.push(sums));
      at += piece.length;
    }
    expect(merged(all)).toEqual(sumUp(lines, instants));
    for (const { start, end, marks, lines: by } of all) {
      const within = lines.filter((line) => line.start >= start && line.end <= end);
      const wanted = within.filter(({ category }) => marked.includes(category));
      const isMixed = wanted.length > 0 && wanted.length < within.length;
      expect([random.seed, marks !== undefined]).toEqual([random.seed, isMixed]);
      if (!marks) continue;
      const expected = Buffer.concat(wanted.map((line) => bytes.subarray(line.start, line.end)));
      const count = CATEGORIES.reduce((sum, category) => sum + by[category], 0);
      const block = { start, end, marks, lines: count, bytes: expected.length };
      const pickFrom = (content: Uint8Array) => {
        const room = reader.room(block);
        room.set(content);
        return reader.pick(block, room);
      };
      const content = Uint8Array.from(bytes.subarray(start, end));
      expect([random.seed, pickFrom(content)?.equals(expected)]).toEqual([random.seed, true]);
      content[content.length - 1] = 0x20;
      expect(pickFrom(content)).toBeUndefined();
      picked += 1;
    }
  }
  expect(picked).toBeGreaterThan(50);
});

test('with and without WebAssembly each read has the same sums, and gathers the same bytes', () => {
  const random = new Random(testSeed('both kernels'));
  for (let round = 0; round < (soak ? 300 : 25); round++) {
    const wild = random.pick([0, 0.05, 0.5]);
    const bytes = drawLog(new Random(random.below(2 ** 31)), 1000, wild);
    const instants = {
      cutoff: random.pick([-Infinity, START + STEP * random.below(1000), Infinity]),
      horizon: START + STEP * random.below(1000),
    };
    const lengths = Array.from({ length: 50 }, () => 1 + random.below(random.pick([9, 3000, 1 << 20]))); // prettier-ignore
    const gathering = {
      categories: CATEGORIES.filter(() => random.chance(0.5)),
      counting: CATEGORIES.filter(() => random.chance(0.3)),
      skip: random.below(300),
    };
    const [one, other] = [webAssemblyKernel, exactKernel].map((makeKernel) => {
      const reader = new LineReader(instants, makeKernel());
      let at = 0;
      return read(reader, bytes, () => lengths[at++ % lengths.length]!, gathering);
    });
    expect([random.seed, other!.sums]).toEqual([random.seed, one!.sums]);
    expect([random.seed, other!.gathered.equals(one!.gathered)]).toEqual([random.seed, true]);
  }
});

function merged(parts: Sums[]): Sums {
  const sums = noSums(0);
  for (const part of parts) {
    sums.end = part.end;
    for (const category of CATEGORIES) {
      sums.lines[category] += part.lines[category];
      sums.bytes[category] += part.bytes[category];
    }
    if (!(part.oldest >= sums.oldest) && !Number.isNaN(part.oldest)) sums.oldest = part.oldest;
    if (!(part.newest <= sums.newest) && !Number.isNaN(part.newest)) sums.newest = part.newest;
    sums.future += part.future;
    sums.longest = Math.max(sums.longest, part.longest);
  }
  return sums;
}

/** The lines that a gathering is to bring. */
function pick(bytes: Buffer, lines: Line[], { categories, counting, skip }: Gathering): Buffer {
  let left = skip;
  return Buffer.concat(
    lines
      .filter(({ category }) => {
        const turned = counting.includes(category) && left-- > 0;
        return categories.includes(category) !== turned;
      })
      .map(({ start, end }) => bytes.subarray(start, end)),
  );
}

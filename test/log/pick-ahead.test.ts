import { once } from 'node:events';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { PickAhead } from '../../src/log/pick-ahead.js';
import { pickBlock } from '../../src/log/pick-block.js';
import { SecondThread } from '../../src/log/scan-threads.js';
import { CATEGORIES } from '../../src/records/kernel/kernel.js';
import { LineReader, type Marked } from '../../src/records/line-reader.js';
import { drawLog, START, STEP } from '../support/odd-log.js';
import { Random, testSeed } from '../support/random.js';
import { tempDirectory } from '../support/temp.js';

const soak = process.env['PAPYRA_SOAK'] === '1';
const LINES = 3000;
const STAYING = ['live', 'undated'] as const;

const open: number[] = [];
afterEach(() => open.splice(0).forEach((fd) => closeSync(fd)));

/** A log of many blocks: its reads are short. */
function drawBlocks(random: Random) {
  const bytes = drawLog(new Random(random.below(2 ** 31)), LINES, random.pick([0.02, 0.3]));
  const path = join(tempDirectory(), 'log');
  writeFileSync(path, bytes);
  const fd = openSync(path, 'r+');
  open.push(fd);
  const instants = { cutoff: START + STEP * random.below(LINES), horizon: START + STEP * LINES };
  const reader = new LineReader(instants);
  const blocks: Marked[] = [];
  reader.startAt(0, undefined, STAYING);
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + 1 + random.below(9000));
    reader.window.set(piece);
    at += piece.length;
    reader.take(piece.length, ({ start, end, lines: by, bytes: of, marks }) => {
      if (!marks) return;
      const lines = CATEGORIES.reduce((sum, category) => sum + by[category], 0);
      blocks.push({ start, end, marks, lines, bytes: of.live + of.undated });
    });
  }
  return { file: { fd, path }, reader, blocks };
}

test('two threads pick the same lines as one, also when the second one dies in the midst of it', async () => {
  const random = new Random(testSeed('pick ahead'));
  let picked = 0;
  const rounds = soak ? 200 : 12;
  // On a busy machine the second thread may come late again and again.
  for (let round = 0; round < rounds || (picked <= 10 && round < 20 * rounds); round++) {
    const { file, reader, blocks } = drawBlocks(random);
    const expected = blocks.map((block) => Buffer.from(pickBlock(file, block, reader)));
    const thread = new SecondThread();
    thread.worker.on('message', () => (picked += 1));
    await once(thread.worker, 'online');
    // It is used by one log after another; not all of them are read to their end.
    for (const share of [0.3, 1, 1]) {
      const ahead = new PickAhead({ file, reader, tick: () => undefined }, blocks, thread);
      const dies = random.pick([random.below(blocks.length), Infinity]);
      for (let at = 0; at < blocks.length * share; at++) {
        if (at === dies) void thread.stop();
        expect(expected[at]!.equals(await ahead.next())).toBe(true);
        if (random.chance(0.2)) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      ahead.end();
    }
    await thread.stop();
  }
  expect(picked).toBeGreaterThan(10);
}, 120_000);

test('what the second thread has picked of a log that is given up is not taken for a part of the next one', async () => {
  const { file, reader, blocks } = drawBlocks(new Random(testSeed('given up')));
  const expected = blocks.map((block) => Buffer.from(pickBlock(file, block, reader)));
  const thread = new SecondThread();
  await once(thread.worker, 'online');
  const picking = (of: Marked[]) =>
    new PickAhead({ file, reader, tick: () => undefined }, of, thread);
  const given = picking(blocks);
  // It fills its slots meanwhile, and this thread hears nothing of it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  given.end();
  const ahead = picking(blocks.slice(1));
  await setImmediate();
  for (const one of expected.slice(1)) expect(one.equals(await ahead.next())).toBe(true);
  ahead.end();
  await thread.stop();
});

test.each([
  ['a line has become two', (block: Marked) => ({ at: block.start, bytes: '\n' })],
  ['the last line has lost its end', (block: Marked) => ({ at: block.end - 1, bytes: ' ' })],
])(
  'a block is refused when its bytes are not those that were scanned: %s',
  async (_what, change) => {
    const random = new Random(testSeed('changed blocks'));
    const { file, reader, blocks } = drawBlocks(random);
    const last = blocks.at(-1)!;
    const { at, bytes } = change(last);
    writeSync(file.fd, bytes, at);
    const refused = expect.objectContaining({ code: 'try_again' }) as Error;
    expect(() => pickBlock(file, last, reader)).toThrow(refused);
    const thread = new SecondThread();
    const ahead = new PickAhead({ file, reader, tick: () => undefined }, blocks, thread);
    for (let index = 0; index < blocks.length - 1; index++) await ahead.next();
    await expect(ahead.next()).rejects.toEqual(refused);
    ahead.end();
    await thread.stop();
  },
);

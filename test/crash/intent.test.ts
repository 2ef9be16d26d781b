import { readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { traceOf } from '../../src/files/intent.js';
import { openForTest } from '../support/open.js';
import { papyra } from '../support/papyra.js';
import { Random, testSeed } from '../support/random.js';
import { expectCompacted, scene } from './scene.js';

/** What identifies the log in an intent. */
function identityOf(log: string): string {
  const { ino, birthtimeNs } = statSync(log, { bigint: true });
  return `${ino.toString(36)}.${(birthtimeNs / 1_000_000n).toString(36)}`;
}

test('an intent of any numbers about the log, as a change of the log after a crash leaves it: the next run finishes, nothing is lost', async () => {
  const random = new Random(testSeed('intents'));
  const { log, args, directory, reset, leftovers } = scene('in place');
  const intent = join(directory, '.events.ndjson.papyra.intent');
  // Three of them stay within what has expired; the large ones are beyond the log.
  const most = 6000;
  for (let round = 0; round < 40; round++) {
    reset();
    const number = () => random.pick([0, 1, 54, 55, 56, 4096, random.below(most), random.below(2 ** 40), 2 ** 52]); // prettier-ignore
    const offsets = [number(), number(), number()];
    const end = random.pick(['', '', 'zz', '.1']);
    const file = { fd: openForTest(log), path: log };
    const trace = random.pick(['01234', traceOf(file, Math.max(0, offsets[0]! - offsets[2]!))]);
    const target = `${offsets.map((n) => n.toString(36)).join('.')}.abcdefghij.${trace}.${identityOf(log)}${end}`; // prettier-ignore
    symlinkSync(target, intent);
    const { code, stderr } = await papyra(args);
    expect({ seed: random.seed, round, target, code, stderr, left: leftovers() }).toMatchObject({ code: 0, left: [] }); // prettier-ignore
    expectCompacted(log, target);
  }
}, 120_000);

test('an intent that is no link is named and does not stop a run for ever', async () => {
  const { log, args, directory, reset } = scene('in place');
  reset();
  symlinkSync('x'.repeat(200), join(directory, '.events.ndjson.papyra.intent'));
  expect((await papyra(args)).code).toBe(0);
  expectCompacted(log, 'odd link');
  expect(readFileSync(log, 'utf8')).not.toContain('\0');
});

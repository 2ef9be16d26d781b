import { describe, expect, test } from 'vitest';
import { lasting } from '../support/mounts.js';
import { tempDirectory } from '../support/temp.js';
import { CONTENT, expectCompacted, expectRefused, IN_PLACE, makeLog, REWRITE, run, type Ended } from './log.js'; // prettier-ignore

/** A process that has the log open for writing. */
const hold = (log: string, how: '<>' | '>>') => lasting('sh', ['-c', `exec 3${how}"$1"; echo open; exec sleep 1000000`, 'sh', log]); // prettier-ignore

/** Whether the hint tells to use it; one that tells not to does not count. */
function recommends({ failure }: Ended, flag: string): boolean {
  const hint = failure?.hint ?? '';
  return hint.replace(/\b(?:not|nor|neither|without|never)\b[^;,.]*/g, '').includes(flag);
}

describe('a log that a process holds open for writing without O_APPEND', () => {
  test.each([REWRITE, IN_PLACE])(
    'is left alone by %s: 75 that names the process and does not recommend --in-place',
    async (_way, flags) => {
      const log = makeLog(tempDirectory());
      const { pid } = await hold(log, '<>');
      const refused = await run(log, flags);
      const refusal = { code: 75, words: new RegExp(`\\bpid ${pid}\\b`) };
      expectRefused(log, refused, CONTENT, refusal);
      expect(refused.failure?.hint).toEqual(expect.any(String));
      expect(recommends(refused, '--in-place')).toBe(false);
    },
  );
});

describe('a log that a process holds open for writing with O_APPEND', () => {
  test('is not rewritten: 75 that names the process and recommends --in-place, which works', async () => {
    const log = makeLog(tempDirectory());
    const { pid } = await hold(log, '>>');
    const refused = await run(log);
    const refusal = { code: 75, words: new RegExp(`\\bpid ${pid}\\b`) };
    expectRefused(log, refused, CONTENT, refusal);
    expect(recommends(refused, '--in-place')).toBe(true);
    expectCompacted(log, await run(log, ['--in-place']), CONTENT);
  });
});

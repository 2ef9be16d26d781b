import { execaSync } from 'execa';
import { appendFileSync, statSync, truncateSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isRoot, type Report } from '../support/papyra.js';
import { disk } from '../support/mounts.js';
import { CONTENT, expectCompacted, expectForetold, expectRefused, IN_PLACE, makeLog, OFFLINE, record, REWRITE, run, title } from './log.js'; // prettier-ignore

const HOLE = 16 << 20;
const BEHIND = [3000, 3001, 3002].map(record).join('');

/** A log that a writer without O_APPEND has made a hole in, behind what will go. */
function sparseLog(kind: 'ext4' | 'xfs'): string {
  const log = makeLog(disk(kind, kind === 'ext4' ? ['-b', '4096'] : []));
  truncateSync(log, CONTENT.length + HOLE);
  appendFileSync(log, BEHIND);
  return log;
}

/** Bytes on the disk, as du counts them. */
function usage(log: string): number {
  execaSync('sync', ['--file-system', log]);
  return statSync(log).blocks * 512;
}

describe.skipIf(!isRoot)(title('a log with a hole'), () => {
  describe.each(['ext4', 'xfs'] as const)('on %s', (kind) => {
    test.each([REWRITE, OFFLINE])(
      'takes no more of the disk after %s, and the report says by how much less',
      async (_way, flags) => {
        const log = sparseLog(kind);
        const before = usage(log);
        expect(before).toBeLessThan(HOLE / 8);
        const ended = await run(log, flags);
        const after = usage(log);
        expectCompacted(log, ended, CONTENT + '\0'.repeat(HOLE) + BEHIND);
        expect(after).toBeLessThanOrEqual(before);
        const bytes = ended.report.bytes as Report['bytes'] & { reclaimed_on_disk?: number };
        expect(bytes.reclaimed_on_disk).toBe(before - after);
      },
    );

    test('is not removed from in place, where a hole of a crash could not be told from it: 74', async () => {
      const log = sparseLog(kind);
      const refusal = { code: 74, words: /has holes/ };
      const [, inPlace] = IN_PLACE;
      const refused = await run(log, inPlace);
      expectRefused(log, refused, CONTENT + '\0'.repeat(HOLE) + BEHIND, refusal);
      await expectForetold(log, inPlace, refused, refusal);
    });
  });
});

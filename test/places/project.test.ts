import { execaSync } from 'execa';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { disk } from '../support/mounts.js';
import { CONTENT, expectCompacted, expectUntouched, makeLog, OFFLINE, placeOrSkip, REWRITE, run, title } from './log.js'; // prettier-ignore
import { asOwner, metadata } from './metadata.js';

const DISKS = {
  ext4: () => disk('ext4', ['-b', '4096', '-O', 'project,quota']),
  xfs: () => disk('xfs'),
};
const WAYS = [REWRITE, OFFLINE];

describe.skipIf(!isRoot)(title('a log with a project id'), () => {
  describe.each(['ext4', 'xfs'] as const)('on %s', (kind) => {
    /** A log of a project, in a directory that belongs to one, too, or to none. */
    function logOf(skip: (why: string) => never, project: number, directory?: number): string {
      const log = makeLog(placeOrSkip(skip, DISKS[kind]));
      execaSync('chattr', ['-p', `${project}`, log]);
      if (directory !== undefined) {
        execaSync('chattr', ['+P', '-p', `${directory}`, dirname(log)]);
      }
      return log;
    }

    test.for(WAYS)("keeps it in %s of root's", async ([, flags], { skip }) => {
      const log = logOf(skip, 7);
      const before = metadata(log);
      expectCompacted(log, await run(log, flags), CONTENT);
      expect(metadata(log)).toEqual(before);
    });

    test.for(WAYS)('keeps it in %s of its owner, or that is refused before anything is changed', async ([, flags], { skip }) => {
      const log = logOf(skip, 7);
      const me = asOwner(log);
      const before = metadata(log);
      const ended = await run(log, flags, me);
      if (ended.code === 0) {
        expectCompacted(log, ended, CONTENT);
      } else {
        expect(ended.code).toBeOneOf([74, 77]);
        expect(ended.failure?.hint).toContain('--in-place');
        expectUntouched(log, CONTENT);
      }
      expect(metadata(log)).toEqual(before);
    }); // prettier-ignore

    test.for(WAYS)('keeps it in %s in a directory that gives new files the same one', async ([, flags], { skip }) => {
      const log = logOf(skip, 7, 7);
      const before = metadata(log);
      expectCompacted(log, await run(log, flags), CONTENT);
      expect(metadata(log)).toEqual(before);
    }); // prettier-ignore

    test.for(WAYS)('is left alone by %s, with the reason, in a directory that gives new files another one', async ([, flags], { skip }) => {
      const log = logOf(skip, 7, 9);
      const before = metadata(log);
      const { code, failure } = await run(log, flags);
      expect(code).toBeOneOf([74, 77]);
      expect(failure?.message).toMatch(/project/i);
      expectUntouched(log, CONTENT);
      expect(metadata(log)).toEqual(before);
    }); // prettier-ignore
  });
});

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { disk, openDirectory, overlay, squashed } from '../support/mounts.js';
import { untilAtWork } from '../live/run.js';
import { CONTENT, expectCompacted, expectUntouched, IN_PLACE, makeLog, OFFLINE, placeOrSkip, REWRITE, run, SLOWLY, startWriter, title, underWriter } from './log.js'; // prettier-ignore

const ext4 = () => disk('ext4', ['-b', '4096']);

/** Where the lower layer is: the file that the first write makes is in the upper one. */
const LOWER = {
  'a squashfs': () => {
    const made = openDirectory('lower');
    makeLog(made);
    return overlay(ext4(), squashed(made));
  },
  'the disk of the upper directory': () => {
    const place = ext4();
    mkdirSync(join(place, 'lower'));
    makeLog(join(place, 'lower'));
    return overlay(place, join(place, 'lower'));
  },
};

describe.skipIf(!isRoot)(title('a log in the lower layer of an overlay'), () => {
  describe.each(['a squashfs', 'the disk of the upper directory'] as const)('on %s', (where) => {
    let log: string;
    beforeEach(({ skip }) => {
      log = join(placeOrSkip(skip, LOWER[where]).point, 'data/events.ndjson');
    });

    test.each([REWRITE, OFFLINE, IN_PLACE])(
      'is compacted by %s where nothing has written since the mount',
      async (_way, flags) => {
        expectCompacted(log, await run(log, flags), CONTENT);
      },
    );

    test.each([REWRITE, IN_PLACE])(
      'is compacted by %s while a writer appends to it',
      async (_way, flags) => {
        const { done, appended } = await underWriter(startWriter(log), () => run(log, flags));
        expectCompacted(log, done, CONTENT + appended);
      },
    );

    test.each([REWRITE, IN_PLACE])(
      'loses nothing by %s where it is written to for the first time meanwhile',
      async (_way, flags) => {
        const working = run(log, [...flags, ...SLOWLY]);
        await untilAtWork(log);
        const { done, appended } = await underWriter(startWriter(log), () => working);
        // The file that was read is another one by then: the next run may have to do it.
        if (done.code === 75) expectUntouched(log, CONTENT + appended);
        else expectCompacted(log, done, CONTENT + appended);
      },
    );

    test('loses nothing where it is written to for the first time right before a run', async () => {
      const writer = startWriter(log);
      await sleep(20);
      const { done, appended } = await underWriter(writer, () => run(log));
      expectCompacted(log, done, CONTENT + appended);
    });
  });
});

import { describe, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { disk, fuse } from '../support/mounts.js';
import { CONTENT, expectCompacted, expectUntouched, makeLog, OFFLINE, placeOrSkip, run, title } from './log.js'; // prettier-ignore
import { NOT_IN_PLACE, row, UNSEEN } from './row.js';

const onDisk = () => disk('ext4', ['-b', '4096']);

row('FUSE: mergerfs on ext4', () => fuse('mergerfs', onDisk()), {
  rewrite: UNSEEN,
  inPlace: NOT_IN_PLACE,
});

describe.skipIf(!isRoot)(title('FUSE that gives each name of a file another inode number'), () => {
  test('is compacted by a rewrite with --offline, or its log is left as it was', async ({
    skip,
  }) => {
    const log = makeLog(placeOrSkip(skip, () => fuse('mergerfs without numbers', onDisk())));
    const ended = await run(log, OFFLINE[1]);
    if (ended.code === 0) expectCompacted(log, ended, CONTENT);
    else expectUntouched(log, CONTENT);
  });
});

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { disk, namespace, openDirectory, overlay } from '../support/mounts.js';
import { CONTENT, expectCompacted, expectForetold, expectRefused, IN_PLACE, makeLog, OFFLINE, REWRITE, run, startWriter, title, underWriter } from './log.js'; // prettier-ignore

const WAYS = [REWRITE, OFFLINE, IN_PLACE];
const onDisk = () => disk('ext4', ['-b', '4096']);
const OVERLAY = 'mount -t overlay -o "lowerdir=$1,upperdir=$2,workdir=$3" overlay "$4"';

describe.skipIf(!isRoot)(title('with an overlay that is mounted'), () => {
  test.each(WAYS)(
    'a log in its upper directory is left alone by %s: 75 that names its mount point',
    async (_way, flags) => {
      const { point, upper } = overlay(onDisk());
      const inside = makeLog(point);
      const log = join(upper, 'data/events.ndjson');
      const { done, appended } = await underWriter(startWriter(inside), () => run(log, flags));
      const refusal = { code: 75, words: new RegExp(point) };
      expectRefused(log, done, CONTENT + appended, refusal);
      await expectForetold(log, flags, done, refusal);
    },
  );

  test.each(WAYS)(
    'one in the upper directory of an overlay in another mount namespace is left alone by %s, too',
    async (_way, flags) => {
      const place = onDisk();
      const [upper, work, point] = [join(place, 'upper'), join(place, 'work'), openDirectory('m')];
      for (const path of [upper, work]) mkdirSync(path);
      const log = makeLog(upper);
      const { within } = await namespace(OVERLAY, openDirectory('lower'), upper, work, point);
      const writer = startWriter(join(point, 'data/events.ndjson'), within);
      const { done, appended } = await underWriter(writer, () => run(log, flags));
      const refusal = { code: 75, words: new RegExp(point) };
      expectRefused(log, done, CONTENT + appended, refusal);
      await expectForetold(log, flags, done, refusal);
    },
  );

  test.each(WAYS)(
    'a log beside its upper and work directories is compacted by %s',
    async (_way, flags) => {
      const place = onDisk();
      overlay(place);
      const log = makeLog(place);
      expectCompacted(log, await run(log, flags), CONTENT);
    },
  );

  test.each(WAYS)(
    'a log in a directory whose name only begins like that of the upper one is compacted by %s',
    async (_way, flags) => {
      const place = onDisk();
      overlay(place);
      mkdirSync(join(place, 'upper2'));
      const log = makeLog(join(place, 'upper2'));
      expectCompacted(log, await run(log, flags), CONTENT);
    },
  );
});

import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { disk, namespace, openDirectory } from '../support/mounts.js';
import { CONTENT, expectCompacted, expectRefused, IN_PLACE, makeLog, OFFLINE, record, REWRITE, run, title } from './log.js'; // prettier-ignore

const WAYS = [REWRITE, OFFLINE, IN_PLACE];
/** Of another log. */
const OTHER = Array.from({ length: 5000 }, (_, n) => record(n)).join('');
const refusal = { code: 74, words: /./ };
const onDisk = () => disk('ext4', ['-b', '4096']);

describe.skipIf(!isRoot)(title('a log that is named through the root of another process'), () => {
  test.each(WAYS)(
    'where its path leads to another file here, neither is touched by %s: 74',
    async (_way, flags) => {
      const [there, here] = [onDisk(), openDirectory('here')];
      makeLog(there);
      const log = makeLog(here, OTHER);
      const { pid } = await namespace('mount --bind "$1" "$2"', there, here);
      const named = join(`/proc/${pid}/root`, log);
      const refused = await run(named, flags);
      expectRefused(named, refused, CONTENT, refusal);
      expectRefused(log, refused, OTHER, refusal);
    },
  );

  test.each(WAYS)(
    'where its path leads to nothing here, it is not touched by %s',
    async (_way, flags) => {
      const [there, here] = [onDisk(), openDirectory('here')];
      makeLog(there);
      const { pid } = await namespace('mount --bind "$1" "$2"', there, here);
      const named = join(`/proc/${pid}/root`, here, 'data/events.ndjson');
      expect((await run(named, flags)).code).toBeOneOf([66, 74]);
      expect(readFileSync(named, 'utf8')).toBe(CONTENT);
    },
  );

  test.each(WAYS)(
    'where a link on its way leads to another file here, neither is touched by %s: 74',
    async (_way, flags) => {
      const [there, here] = [onDisk(), openDirectory('here')];
      makeLog(there);
      const log = makeLog(here, OTHER);
      const { pid } = await namespace('mount --bind "$1" "$2"', there, here);
      const link = join(openDirectory('link'), 'root');
      symlinkSync(`/proc/${pid}/root`, link);
      const refused = await run(join(link, log), flags);
      expectRefused(log, refused, OTHER, refusal);
      expect(readFileSync(join(link, log), 'utf8')).toBe(CONTENT);
    },
  );

  test.each(WAYS)(
    'where its path leads to the same file here, it is compacted by %s',
    async (_way, flags) => {
      const log = makeLog(onDisk());
      const { pid } = await namespace(':');
      const ended = await run(join(`/proc/${pid}/root`, log), flags);
      expectCompacted(log, ended, CONTENT);
    },
  );
});

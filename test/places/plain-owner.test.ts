import { execaSync } from 'execa';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { disk } from '../support/mounts.js';
import { CONTENT, expectCompacted, expectUntouched, makeLog, OFFLINE, REWRITE, run, title } from './log.js'; // prettier-ignore
import { asOwner, metadata } from './metadata.js';

describe.skipIf(!isRoot)(
  title('a plain owner whose log has an attribute that only root may set'),
  () => {
    test.each([REWRITE, OFFLINE])(
      'is refused %s, with the reason and --in-place as the way out',
      async (_way, flags) => {
        const log = makeLog(disk('ext4', ['-b', '4096']));
        execaSync('setfattr', ['--name', 'security.note', '--value', '0xff00', log]);
        const me = asOwner(log);
        const before = metadata(log);
        const { code, failure } = await run(log, flags, me);
        expect(code).toBeOneOf([74, 77]);
        expect(failure?.message).toMatch(/security\.note|attribute/);
        expect(failure?.hint).toContain('--in-place');
        expectUntouched(log, CONTENT);
        expect(metadata(log)).toEqual(before);
      },
    );

    test('compacts it with --in-place, and it keeps the attribute', async () => {
      const log = makeLog(disk('ext4', ['-b', '4096']));
      execaSync('setfattr', ['--name', 'security.note', '--value', '0xff00', log]);
      const me = asOwner(log);
      const before = metadata(log);
      expectCompacted(log, await run(log, ['--in-place'], me), CONTENT);
      expect(metadata(log)).toEqual(before);
    });
  },
);

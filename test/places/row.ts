import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRoot } from '../support/papyra.js';
import { tempDirectory } from '../support/temp.js';
import {
  CONTENT,
  expectCompacted,
  expectForetold,
  expectRefused,
  makeLog,
  placeOrSkip,
  run,
  startWriter,
  title,
  underWriter,
  type Refusal,
} from './log.js';

export interface Row {
  /** Where a rewrite under a live writer is refused, and why. */
  rewrite?: Refusal;
  /** The same of a removal in place; else the size that all that goes is a multiple of. */
  inPlace: Refusal | number;
}

/** What a file system that cannot remove the head of a file makes of `--in-place`. */
export const NOT_IN_PLACE: Refusal = { code: 74, words: /in[- ]place|collapse/ };
/** On FUSE. */
export const UNSEEN: Refusal = { code: 74, words: /FUSE/ };

/** How each way of compaction goes on one kind of file system. */
export function row(name: string, make: () => string, { rewrite, inPlace }: Row): void {
  describe.skipIf(!isRoot)(title(name), () => {
    const refuses = typeof inPlace !== 'number';

    test(rewrite ? 'a rewrite is refused, since writers cannot be seen' : 'a rewrite under a live writer leaves the newest records and all that came', async ({ skip }) => {
      const log = makeLog(placeOrSkip(skip, make));
      const { done, appended } = await underWriter(startWriter(log), () => run(log));
      if (!rewrite) { expectCompacted(log, done, CONTENT + appended); return; }
      expectRefused(log, done, CONTENT + appended, rewrite);
      await expectForetold(log, [], done, rewrite);
    }); // prettier-ignore

    test('a rewrite with --offline leaves the newest records', async ({ skip }) => {
      const log = makeLog(placeOrSkip(skip, make));
      expectCompacted(log, await run(log, ['--offline']), CONTENT);
    });

    test(refuses ? '--in-place is refused before anything is written' : '--in-place under a live writer leaves the newest records and all that came', async ({ skip }) => {
      const log = makeLog(placeOrSkip(skip, make));
      const archive = join(tempDirectory(), 'archive');
      mkdirSync(archive);
      const flags = ['--in-place', ...(refuses ? ['--archive', archive] : [])];
      const { done, appended } = await underWriter(startWriter(log), () => run(log, flags));
      if (!refuses) {
        expectCompacted(log, done, CONTENT + appended);
        const gone = (CONTENT + appended).length - statSync(log).size;
        expect({ some: gone > 0, odd: gone % inPlace }).toEqual({ some: true, odd: 0 });
        return;
      }
      expectRefused(log, done, CONTENT + appended, inPlace);
      expect(readdirSync(archive)).toEqual([]);
      await expectForetold(log, flags, done, inPlace);
    }); // prettier-ignore
  });
}

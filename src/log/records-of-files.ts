// Lists the records of a log or a set, its archives before it, and follows what comes.
import { closeSync, fstatSync } from 'node:fs';
import { basename } from 'node:path';
import type { RecordBatches, RecordsRequest } from '../backends/listing.js';
import type { FollowedFile } from './follow.js';
import { RecordFilter } from '../records/record-filter.js';
import { lastLineEnd } from '../files/steady-file.js';
import type { LogNames } from '../files/names.js';
import { collectorEvery } from '../units/collector.js';
import type { Chain } from './follow.js';
import { NONE_KNOWN, type Known } from './known.js';
import {
  countRecords,
  listedFile,
  listRecords,
  shownOf,
  type ListRequest,
} from './list-records.js';
import type { OpenLog } from './open.js';
import { pace } from './pace.js';
import { fillersOf } from './plan-head.js';

/** Of a smaller log an index is not worth the look. */
const WORTH_AN_INDEX = 8 << 20;

const COLLECT_BYTES = 16 << 20;

/** A store of files. */
export interface RecordFiles {
  names: LogNames;
  /** Those that are there, the oldest first; the last one is the active one, where that is there. */
  files: OpenLog[];
  /** Whether the last one is the active file, to which a writer may be appending. */
  hasActive: boolean;
  chain: Chain;
}

/** The records of a store of files. The files are closed at the end. */
export async function* recordsOfFiles(
  { names, files, hasActive, chain }: RecordFiles,
  request: RecordsRequest,
): RecordBatches {
  const filter = new RecordFilter(request.wanted);
  // What becomes of lines is short-lived; but some of it V8 takes for old.
  const pause = pace(request)(collectorEvery(COLLECT_BYTES));
  let followed = false;
  try {
    const listed = files.map((log, at) => {
      const size = fstatSync(log.fd).size;
      const to = hasActive && at === files.length - 1 ? lastLineEnd(log, size) : size;
      return listedFile(log, Math.min(fillersOf(log), to), to);
    });
    const newest = listed.at(-1);
    let start: FollowedFile | undefined;
    if (request.follow && newest) {
      const { followedFrom } = await import('./follow.js');
      start = followedFrom(newest.steady, newest.to);
    }
    if (newest && hasActive && newest.to >= WORTH_AN_INDEX) {
      const { loadIndex } = await import('./index-file.js');
      newest.known = loadIndex(names, files.at(-1)!);
    }
    const list = (known: Known): ListRequest => ({ ...request, filter, known, pause });
    if (request.archive === undefined) yield* listRecords(listed, list(NONE_KNOWN));
    else {
      const store = {
        name: basename(names.log),
        count: (known: Known) => countRecords(listed, list(known)),
        list: (known: Known) => listRecords(listed, list(known)),
      };
      const { asLine, withArchives } = await import('./archived-records.js');
      yield* withArchives(request.archive, { ...store, unwrap: asLine }, request);
    }
    if (!request.follow) return;
    for (const { fd } of files.slice(0, -1)) closeSync(fd);
    followed = true;
    const { Follower } = await import('./follow.js');
    const follower = new Follower(chain, start, request.signal, request.onWarning);
    for await (const lines of follower.lines()) {
      const rules = { ...request.rules, now: Date.now() / 1000 };
      const records = shownOf(lines, { filter, rules, onWarning: request.onWarning });
      if (records.length > 0) yield records;
    }
  } finally {
    if (!followed) for (const { fd } of files) closeSync(fd);
  }
}

// Lists the records of a rotating set.
import { idAt, type FileId } from '../../files/identity.js';
import { holdNames, namesFor } from '../../files/names.js';
import { findOldLinks } from '../../files/old-link.js';
import { assertNoForeignLink } from '../../files/ownership.js';
import { segmentName } from '../../files/file-names.js';
import { notThereYet } from '../../log/check.js';
import { recordsOfFiles } from '../../log/records-of-files.js';
import type { RecordBatches, RecordsRequest } from '../listing.js';
import { closeSet, notThere, openSet, type Segment, type SetOptions } from './set.js';

/** `set`: at its real path. */
export async function* recordsOfSet(set: SetOptions, request: RecordsRequest): RecordBatches {
  const segments = openNow(set);
  if (segments.length === 0) {
    if (set.namedBy === 'path') throw notThere(set.path, set.namedBy);
    request.onWarning(notThereYet(set.path));
  }
  const hasActive = segments[0]?.index === 0;
  yield* recordsOfFiles(
    {
      names: namesFor(set.path),
      files: segments.map(({ log }) => log).reverse(),
      hasActive,
      chain: {
        active: () => idAt(set.path),
        open: () => openNow(set).map(({ log }) => log),
        rotated: () => rotatedIn(set),
        isDraining: () => findOldLinks(namesFor(set.path)).length > 0,
      },
    },
    request,
  );
}

/** The active file first. */
function openNow(set: SetOptions): Segment[] {
  const { names, release } = holdNames(set.path);
  let segments: Segment[] = [];
  try {
    segments = openSet({ ...set, path: names.entry });
    for (const { log } of segments) assertNoForeignLink(log, names.directory);
    return segments;
  } catch (error) {
    closeSet(segments);
    throw error;
  } finally {
    release();
  }
}

function rotatedIn({ path, maxFiles }: SetOptions): FileId[] {
  const ids: FileId[] = [];
  for (let index = 1; index < maxFiles; index++) {
    const id = idAt(segmentName(path, index));
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

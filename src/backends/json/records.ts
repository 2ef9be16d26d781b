// Lists the records of one NDJSON file.
import { existsSync } from 'node:fs';
import { PapyraError } from '../../errors/errors.js';
import { idBehind } from '../../files/identity.js';
import { findOldLinks } from '../../files/old-link.js';
import { holdNames, namesFor } from '../../files/names.js';
import { assertNoForeignLink } from '../../files/ownership.js';
import { resolvedPlace } from '../../files/resolve.js';
import { notThereYet } from '../../log/check.js';
import { locateLog, openLog, type NamedBy, type OpenLog } from '../../log/open.js';
import { recordsOfFiles } from '../../log/records-of-files.js';
import type { RecordBatches, RecordsRequest } from '../listing.js';

export async function* recordsOfLog(
  path: string,
  namedBy: NamedBy,
  request: RecordsRequest,
): RecordBatches {
  const log = openAt(path, namedBy);
  if (!log) request.onWarning(notThereYet(path));
  const real = log?.path ?? resolvedPlace(path);
  yield* recordsOfFiles(
    {
      names: namesFor(real),
      files: log ? [log] : [],
      hasActive: log !== undefined,
      chain: {
        active: () => idBehind(path),
        open: () => openAgain(path),
        rotated: () => [],
        isDraining: () => findOldLinks(namesFor(real)).length > 0,
      },
    },
    request,
  );
}

/** Between two names there may be none for a moment. */
function openAgain(path: string): OpenLog[] {
  try {
    const log = existsSync(path) ? openAt(path, 'config') : undefined;
    return log ? [log] : [];
  } catch (error) {
    if (error instanceof PapyraError && error.code === 'not_found') return [];
    throw error;
  }
}

/** Opens the log for reading; undefined: it is not there. */
function openAt(path: string, namedBy: NamedBy): OpenLog | undefined {
  const located = locateLog(path, namedBy);
  if (!located) return undefined;
  const { names, release } = holdNames(located.path);
  try {
    const log = openLog(located.path, names.entry);
    assertNoForeignLink(log, names.directory);
    return log;
  } finally {
    release();
  }
}

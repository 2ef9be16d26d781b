// Finds what would keep the space of a log after a rewrite: other names of the old file, and processes that read it.
import { statSync, type Stats } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { findReaders } from './followers.js';
import type { LogNames } from './names.js';
import type { OpenFile } from './read.js';
import { otherLinks } from './surroundings.js';

type Log = OpenFile & { stat: Stats };

/** @throws {PapyraError} `refused` when an archive would take space where it is to be freed. */
export function assertArchiveElsewhere(archive: string | undefined, { directory }: LogNames): void {
  if (archive === undefined) return;
  const place = statSync(archive, { bigint: true, throwIfNoEntry: false });
  if (place?.dev !== statSync(directory, { bigint: true }).dev) return;
  throw new PapyraError(
    'refused',
    `the archive ${archive} is on the same file system as the log: what it takes is not freed`,
    { hint: 'nothing was done; name a directory on another disk with --archive' },
  );
}

/** @throws {PapyraError} when a rewrite would free nothing now. */
export function assertRewriteFrees(log: Log, names: LogNames): void {
  if (log.stat.nlink > 1) {
    throw new PapyraError(
      'io_error',
      `${otherLinks(log.path, log.stat)}: what is removed from it would free nothing, as they keep the old content`,
      { hint: `find them with find -samefile ${log.path}, and remove those that nobody needs` },
    );
  }
  const reader = findReaders([log], names.directory).seen.find(({ sees }) => sees === 'file');
  if (!reader) return;
  throw new PapyraError(
    'try_again',
    `pid ${reader.pid} (${reader.command}) reads ${log.path}: after a rewrite it would keep the old file, and its space`,
    { hint: 'stop it, run again, and start it again' },
  );
}

// Makes sure that archives go where they went before: a volume that is not mounted leaves an empty directory behind.
//
// 1. The first run in a directory writes a random id to `.papyra-archive.json` there, under a temporary name, and links
//    it to its own: of two runs at the same time one is first, and both take its id. A crash leaves a temporary file, which
//    the next run on the store removes.
// 2. After its archive is complete, a run remembers directory and id beside the log (archive-memory.ts).
// 3. The next run on that path finds the same id, or refuses before anything is done. A run on another path, which an
//    operator has configured, begins at 1.
import { accessSync, closeSync, constants, fchmodSync, fstatSync, fsyncSync, linkSync, openSync, readFileSync, statSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { attempt, errnoOf, systemError } from '../errors/system-error.js';
import type { ArchiveMemory } from './archive-memory.js';
import { DIRECTORY_FILE } from './archive-names.js';
import { createExclusive, removeFile, syncDirectory, writeAll } from './durable.js';

const SCHEMA = 'papyra.archive-directory/v1';

/**
 * Step 3, and whether archives can be written there at all. Changes nothing.
 *
 * @throws {PapyraError} `io_error` when it is not there or is another directory than it was; `permission_denied`.
 */
export async function assertArchivePlace(
  directory: string,
  memory: ArchiveMemory | undefined,
): Promise<void> {
  assertThere(directory);
  const remembered = await memory?.read();
  if (memory && remembered?.directory === directory) {
    const found = directoryId(directory);
    if (found !== remembered.directory_id) {
      const why =
        found === undefined
          ? `the file ${DIRECTORY_FILE} that the last run wrote is not in it`
          : `its ${DIRECTORY_FILE} is that of another directory`;
      throw new PapyraError(
        'io_error',
        `${directory} is not the archive directory that it was: ${why}; is its volume mounted?`,
        { hint: `nothing was done; mount it; or, to begin with this directory, ${memory.forget}` },
      );
    }
  }
  attempt('write archives to', directory, () => {
    accessSync(directory, constants.W_OK | constants.X_OK);
  });
}

function assertThere(directory: string): void {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(directory).isDirectory();
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? ''))
      throw systemError(error, 'look at the archive directory', directory);
    throw new PapyraError('io_error', `the archive directory ${directory} is not there`, {
      hint: 'nothing was done; mount its volume, or make it with mkdir -p',
      cause: error,
    });
  }
  if (isDirectory) return;
  throw new PapyraError('io_error', `the archive ${directory} is not a directory`, {
    hint: 'nothing was done; name the directory that gets the archives',
  });
}

/** Bytes of its file. */
const LONGEST = 4096;

/** undefined: no run has written an archive there yet, or its file cannot be read. */
export function directoryId(directory: string): string | undefined {
  try {
    const path = join(directory, DIRECTORY_FILE);
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (fstatSync(fd).size > LONGEST) return undefined;
      const { schema, id } = JSON.parse(readFileSync(fd, 'utf8')) as {
        schema: unknown;
        id: unknown;
      };
      return schema === SCHEMA && typeof id === 'string' ? id : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** Step 1. `temp`: a name that is the same for every run on the store. Returns the id. */
export function ensureDirectoryId(directory: string, temp: string): string {
  removeFile(temp);
  const known = directoryId(directory);
  if (known !== undefined) return known;
  const path = join(directory, DIRECTORY_FILE);
  const id = crypto.randomUUID();
  const text = `${JSON.stringify({ schema: SCHEMA, id, made_at: new Date().toISOString() })}\n`;
  try {
    writeNew(temp, text);
    linkSync(temp, path);
  } catch (error) {
    // EEXIST: another run was faster. The others: this file system has no hard links.
    if (NO_LINKS.includes(errnoOf(error) ?? '')) writeNew(path, text);
    else if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    removeFile(temp);
  }
  syncDirectory(directory);
  const made = directoryId(directory);
  if (made !== undefined) return made;
  throw new PapyraError(
    'io_error',
    `${path} cannot be read: it should say which directory this is`,
    {
      hint: 'nothing was dropped; look at it, then remove it',
    },
  );
}

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** It says nothing that others may not know: other users may use the directory, too. */
function writeNew(path: string, text: string): void {
  const fd = createExclusive(path);
  try {
    writeAll(fd, Buffer.from(text));
    fchmodSync(fd, 0o644);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

// Writes records that will be dropped to a gzip file in the archive directory.
//
// 1. Write a file with a temporary name, which is the same for every run on this store; fsync it.
// 2. Rename it to a name that no other run uses; fsync the directory.
//
// Only then anything is removed. A crash in step 1 leaves the temporary file, which the next run with an archive
// removes; the lock of the store makes that safe. A crash after step 2 leaves an archive of records that are still in
// the store: the next run archives them again.
import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createGzip, type Gzip } from 'node:zlib';
import { PapyraError } from '../errors/errors.js';
import { withShownPaths } from '../errors/held-paths.js';
import { holdDirectory, type HeldDirectory } from './directory.js';
import { removeFile, syncDirectory, writeAll } from './durable.js';
import { fileId, idAt } from './identity.js';
import { setOwner, type Owner } from './ownership.js';
import { resolveTo } from './resolve.js';
import { errnoOf, systemError } from '../errors/system-error.js';

export interface ArchiveRequest {
  /** Must exist: papyra does not make it, because then the backup volume may just not be mounted. */
  directory: string;
  /** Part of the file's name. */
  name: string;
  /** Differs between the stores of this host. */
  identity: string;
  owner: Owner;
  /** The bytes that will be dropped, in order. */
  content: AsyncIterable<Uint8Array>;
  /** Is given every byte that is archived; tells at the end the times of the records. */
  watch: { push(bytes: Uint8Array): void; range(): { oldest: number; newest: number } };
}

/**
 * Writes what will be dropped to a gzip file. Only when this has returned may anything be removed. Returns the path.
 */
export async function writeArchive(request: ArchiveRequest): Promise<string> {
  const { directory, name, owner, watch } = request;
  // Many hosts and containers may share a directory, where times and process numbers meet.
  const run = `${compactTime(Date.now())}-${randomBytes(4).toString('hex')}`;
  return publishInto(directory, {
    tempName: `.papyra-archive_${name}_${idOf(request)}.tmp`,
    owner,
    fill: (write) => compress(request, write),
    name: () => {
      const { oldest, newest } = watch.range();
      const from = Number.isNaN(oldest) ? 'undated' : compactTime(oldest * 1000);
      const to = Number.isNaN(newest) ? 'undated' : compactTime(newest * 1000);
      return `papyra-archive_${name}_${from}_${to}_${run}.ndjson.gz`;
    },
  });
}

/** A file that is written under a hidden name, and gets its own one when it is whole. */
export interface Publication {
  /** The same for every run on a store: what a killed one left is replaced. */
  tempName: string;
  owner: Owner;
  fill: (write: (bytes: Uint8Array) => void) => Promise<void>;
  /** Its own name, asked for at the end. */
  name: () => string;
}

/** Temporary name, fsync, rename, fsync of the directory. Returns the path. */
export async function publishInto(directory: string, what: Publication): Promise<string> {
  let temp = directory;
  let fd: number | undefined;
  let held: HeldDirectory | undefined;
  try {
    assertDirectory(directory);
    held = holdDirectory(resolveTo(directory));
    temp = join(held.path, what.tempName);
    // An earlier run that was killed may have left it; the lock of the store makes it ours.
    removeFile(temp);
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const file = (fd = openSync(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
    giveToOwner(file, what.owner);
    await what.fill((bytes) => writeAll(file, bytes));
    fsyncSync(file);
    const path = join(held.path, what.name());
    assertOurs(file, temp);
    renameSync(temp, path);
    syncDirectory(held.path);
    return withShownPaths(path);
  } catch (error) {
    if (fd !== undefined) removeFile(temp);
    throw failed(error, temp);
  } finally {
    if (fd !== undefined) closeSync(fd);
    held?.close();
  }
}

/** The same for every run on a store, another for every other: many hosts may share a directory. */
export function idOf({ identity }: Pick<ArchiveRequest, 'identity'>): string {
  const text = [hostname(), bootId(), identity].join(':');
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Differs between hosts that have the same name. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function assertOurs(fd: number, path: string): void {
  if (idAt(path) === fileId(fd)) return;
  throw new PapyraError('io_error', `somebody else has removed or replaced ${path}`, {
    hint: 'give each host an archive directory of its own',
  });
}

/** On a volume that does not let us change the owner, the archive stays ours, with mode 0600. */
function giveToOwner(fd: number, owner: Owner): void {
  try {
    setOwner(fd, { ...owner, mode: owner.mode | 0o600 });
  } catch (error) {
    if (errnoOf(error) !== 'EPERM') throw error;
  }
}

async function compress(
  request: ArchiveRequest,
  write: (bytes: Uint8Array) => void,
): Promise<void> {
  const { content, watch } = request;
  const gzip = createGzip();
  const ended = once(gzip, 'end');
  let broken: Error | undefined;
  gzip.on('data', (bytes: Buffer) => {
    try {
      if (broken === undefined) write(bytes);
    } catch (error) {
      broken = error as Error;
    }
  });
  for await (const piece of content) {
    watch.push(piece);
    // A copy: the buffer of the piece is used again for the next one.
    await feed(gzip, Buffer.from(piece));
    if (broken !== undefined) throw broken;
  }
  gzip.end();
  await ended;
  if (broken !== undefined) throw broken;
}

async function feed(gzip: Gzip, bytes: Buffer): Promise<void> {
  if (!gzip.write(bytes)) await once(gzip, 'drain');
}

/** @throws {PapyraError} as `writeArchive` would when archives cannot be written to a directory. */
export function checkArchive(directory: string): void {
  try {
    assertDirectory(directory);
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw failed(error, directory);
  }
}

function assertDirectory(path: string): void {
  if (statSync(path).isDirectory()) return;
  throw new PapyraError('io_error', `the archive ${path} is not a directory`);
}

function failed(error: unknown, path: string): unknown {
  const inWords = systemError(error, 'write the archive', path);
  if (!(inWords instanceof PapyraError) || inWords.code === 'interrupted') return inWords;
  const code = inWords.code === 'not_found' ? 'io_error' : inWords.code;
  return new PapyraError(code, `${inWords.message}; nothing was dropped`, {
    hint: inWords.hint ?? 'check the directory of the archive: it must be there',
    cause: error,
  });
}

/** `20261122T050000Z` */
export function compactTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return 'undated';
  return date.toISOString().replace(/[-:]|\.\d+/g, '');
}

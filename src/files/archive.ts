// Writes records that will be dropped to a compressed file in the archive directory.
//
// 1. Remember the id of the store beside the log (archive-memory.ts), and give the directory its own (archive-place.ts),
//    where they have none.
// 2. Write a file with a temporary name, which is the same for every run on this store; fsync it.
// 3. Rename it to a name that no other run uses; fsync the directory.
// 4. Write the manifest of the archive (archive-manifest.ts).
// 5. Remember the directory and the run beside the log.
//
// Only then anything is removed. A crash in step 2 leaves the temporary file, which the next run with an archive
// removes; the lock of the store makes that safe. A crash after step 3 leaves an archive of records that are still in
// the store: the next run archives them again, and `archive restore` takes them once.
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { once } from 'node:events';
import type { Gzip } from 'node:zlib';
import { PapyraError } from '../errors/errors.js';
import { withShownPaths } from '../errors/held-paths.js';
import { chosenCompression, compressor, type CompressionChoice } from './archive-codec.js';
import { MANIFEST_SCHEMA, removeArchive, writeManifest, type ArchivedPart, type PartSource } from './archive-manifest.js'; // prettier-ignore
import { rememberedStore, type ArchiveMemory } from './archive-memory.js';
import { archiveName, compactTime, parseArchiveName, runId, sha256Of, tempName, type Compression } from './archive-names.js'; // prettier-ignore
import { ensureDirectoryId } from './archive-place.js';
import { holdDirectory, type HeldDirectory } from './directory.js';
import { removeFile, syncDirectory, writeAll } from './durable.js';
import { fileId, idAt } from './identity.js';
import { setOwner, type Owner } from './ownership.js';
import { resolveTo } from './resolve.js';
import { errnoOf, systemError } from '../errors/system-error.js';

/** What a run has to know to write archives, whatever its store is. */
export interface Archiving {
  /** Must exist: papyra does not make it, because then the backup volume may just not be mounted. */
  directory: string;
  compression: CompressionChoice;
  memory: ArchiveMemory | undefined;
  /** The version of papyra. */
  papyra: string;
  backend: string;
  /** What the operator calls the store. */
  target: string;
}

export interface ArchiveRequest {
  archiving: Archiving;
  /** Part of the file's name. */
  name: string;
  /** Differs between the stores of this host. */
  identity: string;
  owner: Owner;
  /** What will be dropped, in order. */
  parts: readonly GoingPart[];
  /** Is given every byte that is archived; tells at the end the times of the records. */
  watch: { push(bytes: Uint8Array): void; range(): { oldest: number; newest: number } };
}

/** What goes of one file or stream. */
export interface GoingPart {
  name: string;
  content: AsyncIterable<Uint8Array>;
  /** Asked for when all of the content was read. `head`: the first bytes of it. */
  source: (head: string) => PartSource;
}

/** Bytes at the start of a file, or of a line, that tell it from others. */
export const HEAD_BYTES = 512;

/**
 * Writes what will be dropped to a file. Only when this has returned may anything be removed. Returns the path.
 */
export async function writeArchive(request: ArchiveRequest): Promise<string> {
  const { name, owner, watch, parts, archiving } = request;
  const { memory, directory } = archiving;
  const compression = chosenCompression(archiving.compression);
  const remembered = memory && (await rememberedStore(memory));
  const last = remembered?.directory === directory ? remembered.run : undefined;
  const store_id = remembered?.store_id ?? newStoreId(request);
  const temporary = (end = ''): string =>
    tempName(name, `${idOf(request.identity, remembered?.store_id)}${end}`);
  // Many hosts and containers may share a directory, where times and process numbers meet.
  const run = runId(Date.now(), last, randomBytes(3));
  let directory_id = '';
  let previous: string | null = null;
  let written: Written;
  const path = await publishInto(directory, {
    tempName: temporary(),
    owner,
    fill: async (write, held) => {
      directory_id = ensureDirectoryId(held, join(held, temporary('.directory')));
      if (last !== undefined && isThere(held, last)) previous = last;
      written = await compress(parts, watch, compression, write);
    },
    name: () => {
      const { oldest, newest } = watch.range();
      const from = Number.isNaN(oldest) ? 'undated' : compactTime(oldest * 1000);
      const to = Number.isNaN(newest) ? 'undated' : compactTime(newest * 1000);
      return archiveName({ store: name, from, to, run, compression }).file;
    },
    published: (held, file) => {
      const { oldest, newest } = watch.range();
      const manifest = {
        schema: MANIFEST_SCHEMA,
        file,
        run,
        previous,
        written_at: new Date().toISOString(),
        papyra: archiving.papyra,
        host: hostname(),
        backend: archiving.backend,
        target: archiving.target,
        store: name,
        store_id,
        oldest: Number.isFinite(oldest) ? oldest : null,
        newest: Number.isFinite(newest) ? newest : null,
        compression,
        ...written,
      } as const;
      const temp = join(held, temporary('.manifest'));
      try {
        writeManifest(held, temp, manifest, (fd) => giveToOwner(fd, owner));
      } catch (error) {
        // Nothing was dropped, so the archive is not needed.
        removeArchive(held, file);
        throw error;
      }
    },
  });
  // Where nothing can be remembered, as on a full disk, the next run does without.
  await memory?.write({ store_id, directory, directory_id, run }).catch(() => undefined);
  return path;
}

/** An archive may have been taken back, or pruned. */
function isThere(directory: string, run: string): boolean {
  return readdirSync(directory).some((name) => parseArchiveName(name)?.run === run);
}

/** Where nothing is remembered, it is the same each time. */
function newStoreId({ archiving: { memory, target, backend } }: ArchiveRequest): string {
  if (memory) return randomBytes(6).toString('hex');
  return sha256Of([hostname(), backend, target].join(':')).slice(0, 12);
}

/** Takes back an archive of records that are not dropped. */
export function takeBack(path: string): void {
  const held = holdDirectory(resolveTo(join(path, '..')));
  try {
    removeArchive(held.path, basename(path));
  } finally {
    held.close();
  }
}

/** A file that is written under a hidden name, and gets its own one when it is whole. */
export interface Publication {
  /** The same for every run on a store: what a killed one left is replaced. */
  tempName: string;
  owner: Owner;
  fill: (write: (bytes: Uint8Array) => void, directory: string) => Promise<void>;
  /** Its own name, asked for at the end. */
  name: () => string;
  /** What belongs to it, and is written after it. */
  published?: (directory: string, file: string) => void;
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
    await what.fill((bytes) => writeAll(file, bytes), held.path);
    fsyncSync(file);
    const name = what.name();
    const path = join(held.path, name);
    assertOurs(file, temp);
    renameSync(temp, path);
    syncDirectory(held.path);
    what.published?.(held.path, name);
    return withShownPaths(path);
  } catch (error) {
    if (fd !== undefined) removeFile(temp);
    throw failed(error, temp);
  } finally {
    if (fd !== undefined) closeSync(fd);
    held?.close();
  }
}

/**
 * The same for every run on a store, another for every other: many hosts may share a directory. Where the store has no
 * id of its own, only until the next boot.
 */
export function idOf(identity: string, store: string | undefined): string {
  return store ?? sha256Of([hostname(), bootId(), identity].join(':')).slice(0, 12);
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

/** What the manifest tells of the content. */
interface Written {
  records: number;
  bytes: number;
  file_bytes: number;
  sha256: string;
  parts: ArchivedPart[];
}

async function compress(
  going: readonly GoingPart[],
  watch: ArchiveRequest['watch'],
  compression: Compression,
  write: (bytes: Uint8Array) => void,
): Promise<Written> {
  const stream = compressor(compression);
  const ended = once(stream, 'end');
  const hash = createHash('sha256');
  let file_bytes = 0;
  let broken: Error | undefined;
  stream.on('data', (bytes: Buffer) => {
    try {
      if (broken !== undefined) return;
      write(bytes);
      hash.update(bytes);
      file_bytes += bytes.length;
    } catch (error) {
      broken = error as Error;
    }
  });
  const parts: ArchivedPart[] = [];
  for (const { name, content, source } of going) {
    let head = Buffer.alloc(0);
    let [records, bytes] = [0, 0];
    for await (const piece of content) {
      watch.push(piece);
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, piece.subarray(0, HEAD_BYTES - head.length)]); // prettier-ignore
      records += newlines(piece);
      bytes += piece.length;
      // A copy: the buffer of the piece is used again for the next one.
      await feed(stream, Buffer.from(piece));
      if (broken !== undefined) throw broken;
    }
    if (bytes > 0) parts.push({ name, records, bytes, source: source(head.toString('base64')) });
  }
  stream.end();
  await ended;
  if (broken !== undefined) throw broken;
  const sum = (of: 'records' | 'bytes') => parts.reduce((all, part) => all + part[of], 0);
  return { records: sum('records'), bytes: sum('bytes'), file_bytes, sha256: hash.digest('hex'), parts }; // prettier-ignore
}

async function feed(stream: Gzip, bytes: Buffer): Promise<void> {
  if (!stream.write(bytes)) await once(stream, 'drain');
}

/** How many there are. */
export function newlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count += 1;
  return count;
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

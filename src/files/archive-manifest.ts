// Writes, reads and removes the manifest of an archive: one line of JSON in a hidden file beside it.
//
// Each archive has a file of its own, `.NAME_FROM_TO_RUN.papyra-archive.json`. So many stores, hosts and users can share
// a directory without a lock, also on NFS, and no line of another archive is ever written again.
//
// 1. Write and fsync a temporary file, whose name is the same for every run on the store.
// 2. Rename it; fsync the directory.
//
// Only then anything is dropped. A crash before 2 leaves an archive without a manifest: nothing of it was dropped. An
// archive is removed in the other order, manifest first: a crash leaves it without one, which is no damage either.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf, systemError } from '../errors/system-error.js';
import { manifestName, sha256Of, type Compression } from './archive-names.js';
import { createExclusive, removeFile, syncDirectory, writeAll } from './durable.js';

export const MANIFEST_SCHEMA = 'papyra.archive/v1';

/** A file or stream of the store, and what the archive has of it. The parts follow each other in the archive. */
export interface ArchivedPart {
  name: string;
  records: number;
  /** Uncompressed. */
  bytes: number;
  source: PartSource;
}

/** Tells a later archive of the same records, which a run that was killed may bring about. */
export type PartSource =
  | {
      /** Inode and birth time; a rewrite gives a log another one. */
      file: string;
      /** The first bytes of the file, in Base64. */
      head: string;
      /** The head was to be removed from the file itself, which stays the same. */
      in_place: boolean;
    }
  | {
      /** Ids of the first and the last entry. */
      first: string;
      last: string;
      /** The first bytes of the first line, in Base64. */
      head: string;
    };

/** What is known of an archive. */
export interface ArchiveManifest {
  schema: typeof MANIFEST_SCHEMA;
  file: string;
  /** Of the archived run, beginning with its time. */
  run: string;
  /** The run before on this store whose archive was in this directory then; null: none is known. */
  previous: string | null;
  /** ISO 8601, UTC. */
  written_at: string;
  papyra: string;
  host: string;
  backend: string;
  /** What the operator calls the store. */
  target: string;
  /** The base name of the log, or the prefix of the streams. */
  store: string;
  /** Tells stores of the same name apart. */
  store_id: string;
  /** Lines. */
  records: number;
  /** Seconds since 1970; null: no record has a timestamp. */
  oldest: number | null;
  newest: number | null;
  /** Uncompressed. */
  bytes: number;
  /** As it is stored. */
  file_bytes: number;
  compression: Compression;
  /** Of the file as it is stored. */
  sha256: string;
  parts: ArchivedPart[];
}

/** Steps 1 and 2. `fill` sets owner and mode. */
export function writeManifest(
  directory: string,
  temp: string,
  manifest: ArchiveManifest,
  setRights: (fd: number) => void,
): void {
  removeFile(temp);
  const fd = createExclusive(temp);
  try {
    setRights(fd);
    writeAll(fd, Buffer.from(lineOf(manifest)));
    fsyncSync(fd);
    renameSync(temp, join(directory, manifestName(manifest.file)));
  } catch (error) {
    removeFile(temp);
    throw error;
  } finally {
    closeSync(fd);
  }
  syncDirectory(directory);
}

/** The last field guards the others. */
function lineOf(manifest: ArchiveManifest): string {
  const text = JSON.stringify(manifest);
  return `${text.slice(0, -1)},"manifest_sha256":"${sha256Of(text)}"}\n`;
}

const LONGEST_MANIFEST = 16 << 20;

/**
 * The manifest in a file; a text: why there is none that can be used.
 *
 * @throws {PapyraError} when the file may not be read.
 */
export function readManifest(path: string): ArchiveManifest | string {
  let text: string;
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile() || stat.size > LONGEST_MANIFEST) return 'it is no manifest of papyra';
      text = readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === 'ELOOP') return 'it is a symbolic link';
    throw systemError(error, 'read the manifest', path);
  }
  const [, begin, sum] = /^(\{.*),"manifest_sha256":"([0-9a-f]{64})"\}\n$/s.exec(text) ?? [];
  if (begin === undefined) return 'it is cut off, or no manifest of papyra';
  if (sha256Of(`${begin}}`) !== sum) return 'it was changed: its checksum is another one';
  try {
    const manifest = JSON.parse(`${begin}}`) as ArchiveManifest;
    const schema: string = manifest.schema;
    return schema === MANIFEST_SCHEMA ? manifest : `its form is ${schema}: a later papyra wrote it`;
  } catch {
    return 'it is not JSON';
  }
}

/** Removes an archive and its manifest, in the order that a crash cannot turn into a missing archive. */
export function removeArchive(directory: string, file: string): void {
  removeFile(join(directory, manifestName(file)));
  syncDirectory(directory);
  removeFile(join(directory, file));
}

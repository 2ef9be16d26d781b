// Makes the file of a restore: it gets its name when it is whole, and replaces nothing. restore.ts tells the steps.
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { errnoOf, systemError } from '../errors/system-error.js';
import { createExclusive, removeFile, syncDirectory, writeAll } from '../files/durable.js';

const UNFINISHED_MS = 3_600_000;

export class RestoredFile {
  readonly #temp: string;
  readonly #fd: number;

  /** @throws {PapyraError} `usage` when the name is taken. */
  constructor(readonly path: string) {
    if (lstatSync(path, { throwIfNoEntry: false })) throw taken(path);
    const beginning = `.${basename(path)}.papyra-restore.`;
    this.#temp = join(dirname(path), `${beginning}${crypto.randomUUID()}.tmp`);
    try {
      removeUnfinished(dirname(path), beginning);
      this.#fd = createExclusive(this.#temp);
    } catch (error) {
      throw systemError(error, 'write', path);
    }
  }

  write(bytes: Uint8Array): void {
    try {
      writeAll(this.#fd, bytes);
    } catch (error) {
      throw systemError(error, 'write', this.path);
    }
  }

  /** Steps 1 and 2. */
  finish(): void {
    try {
      fsyncSync(this.#fd);
      nameOnce(this.#temp, this.path);
      removeFile(this.#temp);
      syncDirectory(dirname(this.path));
    } catch (error) {
      throw systemError(error, 'write', this.path);
    }
  }

  close(): void {
    closeSync(this.#fd);
    removeFile(this.#temp);
  }
}

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

function nameOnce(temp: string, path: string): void {
  try {
    linkSync(temp, path);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw taken(path);
    if (!NO_LINKS.includes(errnoOf(error) ?? '')) throw error;
    // A file system without hard links: an empty file keeps the name until the whole one gets it.
    closeSync(openSync(path, 'wx', 0o600));
    renameSync(temp, path);
  }
}

function taken(path: string): PapyraError {
  return new PapyraError('usage', `${path} is there already: it is not overwritten`, {
    hint: 'nothing was written; name another file, or move that one away',
  });
}

/** What a killed restore left; a younger one may be at work. What cannot be removed stays. */
function removeUnfinished(directory: string, beginning: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(beginning)) continue;
    const path = join(directory, name);
    try {
      if (Date.now() - lstatSync(path).mtimeMs > UNFINISHED_MS) removeFile(path);
    } catch {
      // It belongs to another user.
    }
  }
}

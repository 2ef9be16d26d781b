// Finds the archives of a store, and reads the lines in them.
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { PapyraError } from '../errors/errors.js';
import { attempt, systemError } from '../errors/system-error.js';
import { LONGEST_LINE } from './lines-of.js';

/** `papyra-archive_NAME_FROM_TO_RUN.ndjson.gz`; RUN begins with the time of the run. */
const ARCHIVE = /^papyra-archive_(.+)_[^_]+_[^_]+_(\d{8}T\d{6}Z-[0-9a-f]+)\.ndjson\.gz$/s;

/**
 * The archives of a store in a directory, those of the oldest run first. Many logs may share a directory: the name is what
 * tells them apart.
 *
 * @throws {PapyraError} `not_found` when the directory is not there.
 */
export function archivesOf(directory: string, name: string): string[] {
  const found = attempt('list the archives in', directory, () => readdirSync(directory)).flatMap(
    (file) => {
      const match = ARCHIVE.exec(file);
      return match?.[1] === name ? [{ file, run: match[2]! }] : [];
    },
  );
  found.sort((a, b) => (a.run < b.run ? -1 : a.run > b.run ? 1 : a.file < b.file ? -1 : 1));
  return found.map(({ file }) => join(directory, file));
}

/** The lines of an archive, without their newlines; each list is valid until the next one is asked for. */
export async function* archiveLines(path: string): AsyncGenerator<Buffer[]> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  file.on('error', (error) => gunzip.destroy(error));
  file.pipe(gunzip);
  let held: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const lines: Buffer[] = [];
      let at = 0;
      for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, at)) {
        lines.push(bytes.subarray(at, end));
        at = end + 1;
      }
      held = bytes.subarray(at);
      if (held.length > LONGEST_LINE) throw tooLong(path);
      if (lines.length > 0) yield lines;
    }
    if (held.length > 0) yield [held];
  } catch (error) {
    throw inWords(error, path);
  } finally {
    file.destroy();
    gunzip.destroy();
  }
}

function tooLong(path: string): PapyraError {
  return new PapyraError('io_error', `a line in the archive ${path} is too long to be held`, {
    hint: `read it with zcat; ${LONGEST_LINE} bytes are the most`,
  });
}

function inWords(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (/^Z_|^ERR_/.test(code) || (error as Error).message === 'unexpected end of file') {
    const why = (error as Error).message;
    return new PapyraError('io_error', `the archive ${path} is damaged: ${why}`, {
      hint: 'restore it from a backup, or move it away and run again',
      cause: error,
    });
  }
  return systemError(error, 'read', path);
}

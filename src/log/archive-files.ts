// Reads the lines in archives.
import { createReadStream } from 'node:fs';
import { PapyraError } from '../errors/errors.js';
import { systemError } from '../errors/system-error.js';
import { decompressor } from '../files/archive-codec.js';
import { endsWithFrame } from '../files/zstd-frames.js';
import type { Compression } from '../files/archive-names.js';
import { LONGEST_LINE } from './lines-of.js';

const CHUNK_BYTES = 1 << 18;

/** What an archive holds, uncompressed. `onFile` is given the bytes of the file itself. */
export async function* archiveBytes(
  path: string,
  onFile?: (bytes: Buffer) => void,
): AsyncGenerator<Buffer> {
  const stream = decompressor(compressionOf(path), path);
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  file.on('error', (error) => stream.destroy(error));
  if (onFile) file.on('data', (bytes) => onFile(bytes as Buffer));
  file.pipe(stream);
  try {
    yield* stream as AsyncIterable<Buffer>;
    if (compressionOf(path) === 'zstd' && !endsWithFrame(path)) throw new Error('unexpected end of file'); // prettier-ignore
  } catch (error) {
    throw inWords(error, path);
  } finally {
    file.destroy();
    stream.destroy();
  }
}

function compressionOf(path: string): Compression {
  return path.endsWith('.zst') ? 'zstd' : 'gzip';
}

/** The lines of an archive, without their newlines; each list is valid until the next one is asked for. */
export async function* archiveLines(path: string): AsyncGenerator<Buffer[]> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of archiveBytes(path)) {
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
}

export function tooLong(path: string): PapyraError {
  return new PapyraError('io_error', `a line in the archive ${path} is too long to be held`, {
    hint: `read it with zcat or zstd -dc; ${LONGEST_LINE} bytes are the most`,
  });
}

function inWords(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (/^Z(?:STD)?_|^ERR_/.test(code) || (error as Error).message === 'unexpected end of file') {
    const why = (error as Error).message;
    return new PapyraError('io_error', `the archive ${path} is damaged: ${why}`, {
      hint: 'restore it from a backup, or move it away and run again',
      cause: error,
    });
  }
  return systemError(error, 'read', path);
}

// Compresses and decompresses archives: gzip everywhere, zstd where Node has it.
import zlib from 'node:zlib';
import { PapyraError } from '../errors/errors.js';
import type { Compression } from './archive-names.js';

/** Node 22.15 and later, and 23.8 and later. */
interface Zstd {
  createZstdCompress?: (options: object) => zlib.Gzip;
  createZstdDecompress?: (options: object) => zlib.Gunzip;
  constants: { ZSTD_c_checksumFlag?: number };
}

const zstd = zlib as unknown as Zstd;

/** What may be asked for; `auto`: zstd where Node has it, else gzip. */
export type CompressionChoice = 'auto' | Compression;

/** @throws {PapyraError} `config_invalid` for zstd on a Node without it. */
export function chosenCompression(choice: CompressionChoice): Compression {
  if (choice === 'auto') return zstd.createZstdCompress ? 'zstd' : 'gzip';
  if (choice === 'zstd' && !zstd.createZstdCompress) {
    throw new PapyraError('config_invalid', `this Node (${process.version}) cannot write zstd`, {
      hint: 'nothing was done; use Node 22.15 or later, or set persistence.archive.compression to gzip',
    });
  }
  return choice;
}

export function compressor(compression: Compression): zlib.Gzip {
  if (compression === 'gzip') return zlib.createGzip();
  const flag = zstd.constants.ZSTD_c_checksumFlag;
  return zstd.createZstdCompress!(flag === undefined ? {} : { params: { [flag]: 1 } });
}

const CHUNK_BYTES = 1 << 18;

/** @throws {PapyraError} `io_error` for zstd on a Node without it. */
export function decompressor(compression: Compression, path: string): zlib.Gunzip {
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize: CHUNK_BYTES });
  if (!canRead(compression)) {
    throw new PapyraError('io_error', `this Node (${process.version}) cannot read zstd: ${path}`, {
      hint: 'run papyra with Node 22.15 or later, or look into the file with zstd -dc',
    });
  }
  return zstd.createZstdDecompress!({ chunkSize: CHUNK_BYTES });
}

export function canRead(compression: Compression): boolean {
  return compression === 'gzip' || zstd.createZstdDecompress !== undefined;
}

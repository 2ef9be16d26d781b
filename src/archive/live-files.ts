// Looks at the files of a log or a rotating set as they are now, to tell what of an archive is still in them.
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fillerBytes } from '../files/filler.js';
import { fileSource, type FileSource } from '../log/archive-source.js';

export interface LiveFile {
  source: FileSource;
  /** From its first line that is no filler. */
  bytes: () => AsyncIterable<Buffer>;
}

/** `log`: its real path. The oldest file first; those that cannot be read are left out. */
export function liveFilesOf(log: string): LiveFile[] {
  return namesOf(log).flatMap((path) => {
    const found = look(path);
    return found ? [found] : [];
  });
}

function namesOf(log: string): string[] {
  const name = basename(log);
  const indexes = list(dirname(log)).flatMap((file) => {
    const end = file.startsWith(`${name}.`) ? file.slice(name.length + 1) : '';
    return /^[1-9]\d*$/.test(end) ? [Number(end)] : [];
  });
  indexes.sort((a, b) => b - a);
  return [...indexes.map((index) => join(dirname(log), `${name}.${index}`)), log];
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

const TWO_FILLERS = 1 << 18;

function look(path: string): LiveFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    if (!fstatSync(fd).isFile() || fstatSync(fd).size === 0) return undefined;
    const head = Buffer.alloc(TWO_FILLERS);
    const start = fillerBytes(head.subarray(0, readSync(fd, head, 0, head.length, 0)));
    const source = fileSource(fd, false);
    return { source, bytes: () => createReadStream(path, { start, highWaterMark: 1 << 18 }) }; // prettier-ignore
  } finally {
    closeSync(fd);
  }
}

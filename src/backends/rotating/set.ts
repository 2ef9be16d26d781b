// Finds and opens the files of a rotating set, and tells from their names how its rotation stands.
import { closeSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PapyraError } from '../../errors/errors.js';
import { segmentName } from '../../files/file-names.js';
import { fileId, idAt, type FileId } from '../../files/identity.js';
import { resolveTo } from '../../files/resolve.js';
import { spaceOf } from '../../files/space.js';
import { attempt, errnoOf } from '../../errors/system-error.js';
import { withShownPaths } from '../../errors/held-paths.js';
import { openLog, type NamedBy, type OpenLog } from '../../log/open.js';

/** Where a set is, and how the runtime rotates it. */
export interface SetOptions {
  /** The active file; `.1` is the newest rotated one, `.(maxFiles - 1)` the oldest. */
  path: string;
  maxBytes: number;
  maxFiles: number;
  namedBy: NamedBy;
}

/** An open file of the set. Its name may change; the descriptor stays the same file. */
export interface Segment {
  log: OpenLog;
  /** The number in its name when it was opened; 0 is the active file. */
  index: number;
}

/**
 * The active file's path, with the links of its directory resolved.
 *
 * @throws {PapyraError} `config_invalid` when it is a link: the runtime would rename the link.
 */
export function realSetPath(path: string, namedBy: NamedBy): string {
  const directory = dirname(resolve(path));
  try {
    statSync(directory);
    const real = join(resolveTo(directory), basename(path));
    if (!lstatSync(real, { throwIfNoEntry: false })?.isSymbolicLink()) return real;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw notThere(path, namedBy, error);
  }
  throw new PapyraError('config_invalid', `${path} is a symbolic link`, {
    hint: 'the runtime would rotate the link: name the file that it leads to',
  });
}

export function notThere(path: string, namedBy: NamedBy, cause?: unknown): PapyraError {
  return new PapyraError(
    'not_found',
    `no set at ${path}: neither it nor ${basename(path)}.1 is there`,
    { hint: namedBy === 'path' ? 'check --path' : 'check persistence.path', cause },
  );
}

/**
 * Opens the files of a set, from the active one upwards. Files only ever move up, so none is missed, and a file that
 * has moved meanwhile is recognized by its inode.
 */
export function openSet({ path, maxFiles }: SetOptions, { forWork = false } = {}): Segment[] {
  const segments: Segment[] = [];
  const seen = new Set<FileId>();
  try {
    for (let index = 0; index < maxFiles; index++) {
      const name = segmentName(path, index);
      if (!lstatSync(name, { throwIfNoEntry: false })) continue;
      let log: OpenLog;
      try {
        log = openLog(withShownPaths(name), name, { forWork });
      } catch (error) {
        // It moved on between the two calls.
        if (error instanceof PapyraError && errnoOf(error.cause) === 'ENOENT') continue;
        throw error;
      }
      const id = fileId(log.fd);
      if (seen.has(id)) {
        closeSync(log.fd);
        continue;
      }
      seen.add(id);
      segments.push({ log, index });
    }
  } catch (error) {
    closeSet(segments);
    throw error;
  }
  return segments;
}

export function closeSet(segments: readonly Segment[]): void {
  for (const { log } of segments) closeSync(log.fd);
}

/** The names beside an active file, and what they say about its rotation. */
export interface Rotation {
  maxBytes: number;
  maxFiles: number;
  /** Bytes of the active file. */
  active: number;
  /** The name of the oldest file that a set of `maxFiles` can have, and whether it is there. */
  top: string;
  isFull: boolean;
  /** Names with an index that a set of `maxFiles` cannot have. */
  tooHigh: string[];
  /** Other names that begin like the set's. */
  unrelated: string[];
}

export function rotationOf({ path, maxFiles, maxBytes }: SetOptions): Rotation {
  const prefix = `${basename(path)}.`;
  const top = segmentName(path, maxFiles - 1);
  const names = attempt('list', dirname(path), () => readdirSync(dirname(path)))
    .filter((name) => name.startsWith(prefix))
    .sort();
  const numberOf = (name: string) => Number(name.slice(prefix.length));
  const indexed = names
    .filter((name) => /^[1-9]\d*$/.test(name.slice(prefix.length)))
    .sort((a, b) => numberOf(a) - numberOf(b));
  return {
    maxBytes,
    maxFiles,
    active: statSync(path, { throwIfNoEntry: false })?.size ?? 0,
    top: basename(top),
    isFull: maxFiles > 1 && lstatSync(top, { throwIfNoEntry: false }) !== undefined,
    tooHigh: indexed.filter((name) => numberOf(name) >= maxFiles),
    unrelated: names.filter(
      (name) => !indexed.includes(name) && !/\.(compact|recovered)\.tmp$/.test(name),
    ),
  };
}

/**
 * What is odd about the names beside the active file.
 *
 * @throws {PapyraError} `config_invalid` when there is an index that a set of so many files cannot have.
 */
export function checkNeighbours(set: SetOptions): string[] {
  const { maxBytes, maxFiles, active, top, isFull, tooHigh, unrelated } = rotationOf(set);
  if (tooHigh[0] !== undefined) {
    throw new PapyraError(
      'config_invalid',
      `${tooHigh[0]} is there, but a set of ${maxFiles} files ends with .${maxFiles - 1}`,
      {
        hint: 'set max_files (--max-files) to what the runtime is configured with; nothing was done',
      },
    );
  }
  const warnings = unrelated.map((name) => `${name} is not part of the set and was left alone`);
  if (active > maxBytes && maxFiles > 1) {
    warnings.push(
      isFull
        ? `rotation has stalled: ${top} is there and the active file has passed max_bytes; when ${top} goes, it goes on`
        : `the active file has ${active} bytes, more than max_bytes (${maxBytes}), and was not rotated: is max_bytes what the runtime is configured with?`,
    );
  }
  return warnings;
}

/** The name that a file of the set has now; undefined: none. `from`: the lowest index to look at. */
export function currentName(options: SetOptions, { log }: Segment, from = 0): string | undefined {
  const id = fileId(log.fd);
  for (let index = from; index < options.maxFiles; index++) {
    const name = segmentName(options.path, index);
    if (idAt(name) === id) return name;
  }
  return undefined;
}

/** The number in a name of the set. */
export function indexOf({ path }: SetOptions, name: string): number {
  return name === path ? 0 : Number(name.slice(path.length + 1));
}

/** Bytes that all files of the set take on the disk. */
export function spaceOfSet({ path, maxFiles }: SetOptions): number {
  let bytes = 0;
  for (let index = 0; index < maxFiles; index++) bytes += spaceOf(segmentName(path, index));
  return bytes;
}

/** Bytes of all files of the set. */
export function sizeOfSet({ path, maxFiles }: SetOptions): number {
  let bytes = 0;
  for (let index = 0; index < maxFiles; index++) {
    bytes += lstatSync(segmentName(path, index), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

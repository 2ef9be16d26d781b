// Finds the processes that have files of a directory open for reading, or watch them with inotify.
import { closeSync, constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import { fileId, idBehind, type FileId } from './identity.js';
import { processNames, type ProcessNames } from './process-name.js';
import { eachProcess, flagsOf, isReadOnly } from './processes.js';
import type { OpenFile } from './read.js';
import { watchOf } from './watched.js';

const { O_RDONLY, O_DIRECTORY } = constants;

/** The most direct first. */
const SIGHTS = ['file', 'watch', 'directory'] as const;

/** Another process that reads or watches. */
export interface Reader extends ProcessNames {
  pid: number;
  /** `file`: it has a file open; `watch`: it watches a file; `directory`: it watches their directory only. */
  sees: (typeof SIGHTS)[number];
}

export interface Readers {
  seen: Reader[];
  /** Why there may be more; null: these are all. */
  blind: string | null;
}

/** The time for one search; the processes that are left then are not looked at. */
const LOOK_MS = 1000;

/** Finds who reads `files` of a directory, or watches them or it. */
export function findReaders(files: readonly OpenFile[], directory: string): Readers {
  const wanted: Wanted = {
    ids: new Set(files.map(({ fd }) => fileId(fd))),
    watches: files.flatMap(({ fd }) => watchOf(fd) ?? []),
    directoryWatch: watchOfDirectory(directory),
  };
  const seen: Reader[] = [];
  const end = Date.now() + LOOK_MS;
  let late: string | undefined;
  const blind = eachProcess((pid, fds) => {
    if (Number(pid) === process.pid) return;
    if (Date.now() > end) late = 'there are too many processes to look into each';
    if (late !== undefined) return;
    const sights = fds.map((fd) => sightOf(pid, fd, wanted));
    const sees = SIGHTS.find((sight) => sights.includes(sight));
    if (sees) seen.push({ pid: Number(pid), ...processNames(pid), sees });
  });
  return { seen, blind: late ?? blind ?? null };
}

interface Wanted {
  ids: ReadonlySet<FileId | undefined>;
  watches: readonly string[];
  directoryWatch: string | undefined;
}

/** What a process sees through one of its descriptors. */
function sightOf(pid: string, fd: string, wanted: Wanted): Reader['sees'] | undefined {
  const path = `/proc/${pid}/fd/${fd}`;
  try {
    const target = readlinkSync(path);
    if (target === 'anon_inode:inotify') return watchedBy(pid, fd, wanted);
    // Skips sockets, pipes and the like: they are most of the descriptors of a machine.
    if (!target.startsWith('/') || !wanted.ids.has(idBehind(path))) return undefined;
    return isReadOnly(flagsOf(pid, fd)) ? 'file' : undefined;
  } catch {
    // It was closed, or the process has ended.
    return undefined;
  }
}

function watchedBy(pid: string, fd: string, wanted: Wanted): Reader['sees'] | undefined {
  const list = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
  if (wanted.watches.some((watch) => list.includes(watch))) return 'watch';
  return wanted.directoryWatch && list.includes(wanted.directoryWatch) ? 'directory' : undefined;
}

/** undefined: this user may not read it. */
function watchOfDirectory(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_RDONLY | O_DIRECTORY);
    return watchOf(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

// Collects the facts about a log or a rotating set that doctor judges.
import { withShownPaths } from '../errors/held-paths.js';
import { findReaders } from '../files/followers.js';
import { lockHolder } from '../files/lock-holder.js';
import { assertLockable } from '../files/lock.js';
import type { LogNames } from '../files/names.js';
import { pathState, type PathState } from '../files/path-state.js';
import type { Recovery } from '../files/recovery-table.js';
import { collapseUnit } from '../files/collapse.js';
import { ownFolderPath } from '../files/own-folder.js';
import { failureOf, obstacleToRewrite, unitInPlace } from '../files/obstacles.js';
import { assertOwner } from '../files/ownership.js';
import { runtimeTemps } from '../files/surroundings.js';
import { findLastingWriters, findWritersInProc, type Writer } from '../files/writers.js';
import type { LogFacts, LogFile } from '../backends/facts.js';
import type { Rotation } from '../backends/rotating/set.js';
import { readEnds, type Ends } from './ends.js';
import type { Foreign } from './foreign/form.js';
import { lookAtForm } from './foreign/look.js';
import { leftBy } from './leftovers.js';
import type { OpenLog } from './open.js';
import { fillersOf } from './plan-head.js';

/** Bytes that are read at each end: of one file, and of all files together. */
const END_BYTES = 1 << 20;
const ALL_BYTES = 32 << 20;

/** `files`: open, the oldest first; the runtime appends to the last one. */
export async function examineLog(
  names: LogNames,
  files: readonly OpenLog[],
  { rotation, recovery }: { rotation: Rotation | null; recovery: Recovery | null },
): Promise<LogFacts> {
  const active = files.at(-1);
  const budget = Math.min(END_BYTES, Math.floor(ALL_BYTES / Math.max(1, files.length)));
  const seen: LogFile[] = [];
  for (const file of files) {
    const ends = await readEnds(file, budget, file !== active);
    const foreign = foreignBy(file, ends);
    seen.push({ path: file.path, size: file.stat.size, changed: file.stat.mtime, ends, foreign });
  }
  return {
    kind: 'log',
    path: names.log,
    files: seen,
    bytes: seen.reduce((sum, { size }) => sum + size, 0),
    rotation,
    directory: shown(pathState(names.directory)),
    home: shown(pathState(ownFolderPath(names))),
    foreign: foreignOwner(files),
    obstacles: obstaclesOf(active, names),
    lock: lockOf(names),
    writers: active ? await writersOf(active) : [],
    readers: active ? findReaders(files, names.directory) : { seen: [], blind: null },
    leftovers: { ours: leftBy(names), recovery, ofRuntime: runtimeTemps(names) },
  };
}

function foreignBy(file: OpenLog, { lines, unreadable, undated, newest }: Ends): Foreign | null {
  const counts = { readable: lines - unreadable, undated, unreadable, newest };
  return lookAtForm(file, fillersOf(file), counts) ?? null;
}

function shown(place: PathState): PathState {
  return { ...place, path: withShownPaths(place.path) };
}

function obstaclesOf(active: OpenLog | undefined, names: LogNames): LogFacts['obstacles'] {
  if (!active)
    return { rewrite: null, inPlace: failureOf(() => collapseUnit(names.directory)) ?? null };
  return {
    rewrite: obstacleToRewrite(active, names, { offline: false, looksOnly: true }) ?? null,
    inPlace: failureOf(() => unitInPlace(active, names)) ?? null,
  };
}

function foreignOwner(files: readonly OpenLog[]): LogFacts['foreign'] {
  for (const { path, stat } of files) {
    const why = failureOf(() => assertOwner(path, stat));
    if (why) return { uid: stat.uid, why };
  }
  return null;
}

function lockOf({ lock }: LogNames): LogFacts['lock'] {
  const holder = failureOf(assertLockable) ?? lockHolder(lock);
  return holder && 'odd' in holder ? { odd: withShownPaths(holder.odd) } : holder;
}

async function writersOf(log: OpenLog): Promise<Writer[]> {
  const look = await findLastingWriters(log, findWritersInProc);
  return look.who === 'somebody' ? look.writers : [];
}

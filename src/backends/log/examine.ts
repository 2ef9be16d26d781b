import { spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { PapyraError } from '../../errors.js';
import { assertOwner } from '../../files/durable.js';
import { lookForReaders } from '../../files/followers.js';
import { lockHolder } from '../../files/lock-holder.js';
import { namesFor, type LogNames } from '../../files/names.js';
import { placeAt } from '../../files/place.js';
import type { Recovery } from '../../files/recovery-table.js';
import { passingFiles } from '../../files/recover.js';
import { obstacleToCollapse } from '../../files/collapse.js';
import { obstacleTo, runtimeTemps } from '../../files/surroundings.js';
import { errnoOf } from '../../files/system-error.js';
import { longHeld, lookInProc, type Writer } from '../../files/writers.js';
import type { LogFacts, LogFile } from '../facts.js';
import type { Rotation } from '../rotating/set.js';
import { lookAtEnds } from './ends.js';
import type { OpenLog } from './open.js';
import { obstacleInPlace } from './plan-head.js';

/** So much is read at each end of a file, and of all files together; the second one at each end, too. */
const END_BYTES = 1 << 20;
const ALL_BYTES = 32 << 20;

/** Looks at a log, or a set of files: `files`, open, the oldest first; the last one is appended to. */
export async function examineLog(
  path: string,
  files: readonly OpenLog[],
  { rotation, recovery }: { rotation: Rotation | null; recovery: Recovery | null },
): Promise<LogFacts> {
  const names = namesFor(path);
  const active = files.at(-1);
  const budget = Math.min(END_BYTES, Math.floor(ALL_BYTES / Math.max(1, files.length)));
  const seen: LogFile[] = [];
  for (const file of files) {
    const ends = await lookAtEnds(file, budget, file !== active);
    seen.push({ path: file.path, size: file.stat.size, changed: file.stat.mtime, ends });
  }
  return {
    kind: 'log',
    path,
    files: seen,
    bytes: seen.reduce((sum, { size }) => sum + size, 0),
    rotation,
    directory: placeAt(names.directory),
    home: placeAt(names.home),
    foreign: foreignOwner(files),
    obstacles: {
      rewrite: obstacleTo(names, false) ?? null,
      inPlace: (active ? obstacleInPlace(active) : obstacleToCollapse(names.directory)) ?? null,
    },
    lock: lockOf(names),
    writers: active ? await writersOf(active) : [],
    readers: active ? lookForReaders(files, names.directory) : { seen: [], blind: null },
    leftovers: { ours: leftBy(names), recovery, ofRuntime: runtimeTemps(names) },
  };
}

function foreignOwner(files: readonly OpenLog[]): LogFacts['foreign'] {
  for (const { path, stat } of files) {
    try {
      assertOwner(path, stat);
    } catch (error) {
      if (error instanceof PapyraError) return { uid: stat.uid, why: error };
      throw error;
    }
  }
  return null;
}

function lockOf({ lock }: LogNames): LogFacts['lock'] {
  const { error } = spawnSync('flock', ['--version'], { stdio: 'ignore' });
  return errnoOf(error) === 'ENOENT' ? 'missing' : lockHolder(lock);
}

/** Not where links lead: one of them is an intent, and leads nowhere. */
function leftBy(names: LogNames): LogFacts['leftovers']['ours'] {
  return passingFiles(names).flatMap((path) => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat ? [{ path, changed: stat.mtime }] : [];
  });
}

async function writersOf(log: OpenLog): Promise<Writer[]> {
  const look = await longHeld(log, lookInProc);
  return look.who === 'somebody' ? look.writers : [];
}

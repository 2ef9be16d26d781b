// Mends what a killed run left beside a log or a rotating set. The caller holds the lock.
//
// A log: by the table in recovery-table.ts. Every step may be interrupted again: the names that are left then say
// where to go on. A rotating set, whose names move: by what is there of ours.
//
// - A temporary file: nothing was renamed. The new name, the old link and the temporary file go, in this order.
// - Old link and new name: the rename was done, and the old file may hold late records. They are brought over to the
//   new file, whatever its name in the set is by now; then both names go.
// - The new name alone: its work is done, or had not begun. It goes.
// - The old link alone: if its file is in the set, the link goes. Otherwise the active file was compacted as a log of
//   its own: the link is drained as that would do it.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  lutimesSync,
  openSync,
  statSync,
} from 'node:fs';
import { basename } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { removeFile, syncDirectory } from './durable.js';
import { drain } from './drain.js';
import { areSame, idAt, statOf, type FileId } from './identity.js';
import type { LogNames } from './names.js';
import { findOldLinks, type OldLink } from './old-link.js';
import { assertSameOwner } from './ownership.js';
import type { OpenFile, Tick } from './read.js';
import { reconcile } from './reconcile.js';
import { compareOld, recoveryFor, type Recovery } from './recovery-table.js';
import { finishOldFile } from './replace.js';
import { attempt } from '../errors/system-error.js';

/** Where writers cannot be seen, an old file that nobody has touched for so long has none. */
const REST_MS = 60_000;

export interface RecoverRequest {
  names: LogNames;
  offline: boolean;
  isRecord: (line: Buffer) => boolean;
  tick: Tick;
  signal?: AbortSignal | undefined;
}

/** What a killed run left beside a log, and what that means. Changes nothing on the disk. */
export function findLeftovers(names: LogNames): { recovery: Recovery; links: OldLink[] } {
  const seen = statOf(names.entry);
  const log = idAt(names.entry);
  const links = findOldLinks(names);
  const old = compareOld(
    log,
    links.map(({ path }) => (areSame(seen, statOf(path)) ? log : idAt(path))),
  );
  const temp = there(names.temp);
  return { recovery: recoveryFor({ log: log !== undefined, old, temp }), links };
}

/** Returns what was done, in words. */
export async function recover(request: RecoverRequest): Promise<string[]> {
  const { names } = request;
  removeProbes(names);
  const { recovery, links } = findLeftovers(names);
  switch (recovery) {
    case 'clean':
      return [];
    case 'remove-temp':
    case 'remove-old-then-temp':
      // The link first: left alone, it would be drained if another file got the name of the log.
      for (const { path } of links) removeFile(path);
      if (links.length > 0) syncDirectory(names.directory);
      removeFile(names.temp);
      return ['an earlier run was killed before it changed the log; its temporary file is removed'];
    case 'finish-drain':
      return finishAll(request, links);
    case 'foreign-replacement':
      throw new PapyraError(
        'try_again',
        `${names.log} was replaced by another process while an earlier run of papyra was at work`,
        {
          hint: `nothing was touched; look at ${basename(names.temp)} and ${links.map(({ path }) => basename(path)).join(', ')} beside it, move them away, and run again`,
        },
      );
    case 'log-moved':
      throw logMoved(names);
  }
}

/** Removes the files on which a killed run tried out the file system (obstacles.ts). */
function removeProbes({ probeLink, probe }: LogNames): void {
  for (const path of [probeLink, probe]) attempt('remove', path, () => removeFile(path));
}

/** The error for files of a log that is not there any more. */
export function logMoved(names: LogNames): PapyraError {
  const hint = `nothing was touched; look at the files .${basename(names.log)}.papyra.* in ${names.directory}, which may hold records of it`;
  const message = `${names.log} was moved away while papyra was at work`;
  return new PapyraError('not_found', message, { hint });
}

function there(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The files beside a log that only a killed run leaves, as far as they are there. */
export function passingFiles(names: LogNames): string[] {
  const ours = [names.temp, names.fresh, names.intent, names.probe, names.probeLink].filter(there);
  return [...ours, ...findOldLinks(names).map(({ path }) => path)];
}

/** The same for a rotating set. */
export async function recoverSet(
  request: RecoverRequest & { isInSet: (file: FileId | undefined) => boolean },
): Promise<string[]> {
  const { names, isInSet } = request;
  removeProbes(names);
  const links = findOldLinks(names);
  const [temp, fresh] = [there(names.temp), there(names.fresh)];
  if (!temp && !fresh && links.length === 0) return [];
  const done: string[] = [];
  for (const link of temp ? [] : links) {
    if (!fresh && isInSet(idAt(link.path))) continue;
    if (!fresh && !there(names.entry)) throw logMoved(names);
    done.push(await finish(request, link, fresh ? names.fresh : names.entry));
  }
  removeFile(names.fresh);
  for (const { path } of links) removeFile(path);
  syncDirectory(names.directory);
  removeFile(names.temp);
  if (done.length > 0) return done;
  return ['an earlier run was killed; the files that it left beside the set are removed'];
}

async function finishAll(request: RecoverRequest, links: OldLink[]): Promise<string[]> {
  const done: string[] = [];
  for (const link of links) done.push(await finish(request, link, request.names.entry));
  return done;
}

/** Brings over what came to the old file after the rename, and removes its link. */
async function finish(request: RecoverRequest, link: OldLink, livePath: string): Promise<string> {
  const { O_RDONLY, O_RDWR, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
  const { names } = request;
  const open = (path: string, flags: number): OpenFile => {
    const fd = attempt('open', path, () => openSync(path, flags | O_NOFOLLOW | O_NONBLOCK));
    return { fd, path };
  };
  const old = open(link.path, O_RDONLY);
  try {
    const live = open(livePath, O_RDWR | O_APPEND);
    try {
      assertWasTheLog(old, live);
      const task = { ...request, link, old, live };
      // Before anything else changes the old file.
      const rested = hasRested(old, names);
      const first = await reconcile(task);
      const from = first.at;
      const drained = await drain({ ...task, from, rested, recovering: true });
      const again = drained.over ? await reconcile(task) : { added: 0 };
      const kept = finishOldFile(names, live, link, drained);
      if (kept !== undefined) throw stillHeld(names, kept);
      const added = first.added + drained.lines + again.added;
      return added === 0
        ? 'an earlier run left the old file; nothing was missing from the log, it is removed'
        : `an earlier run left the old file; ${added} late record${added === 1 ? '' : 's'} of it ${added === 1 ? 'was' : 'were'} brought over, it is removed`;
    } finally {
      closeSync(live.fd);
    }
  } finally {
    closeSync(old.fd);
  }
}

/** Anybody who may write to the directory can make a file of that name: only one of the log's owner is drained. */
function assertWasTheLog(old: OpenFile, live: OpenFile): void {
  for (const { fd, path } of [old, live]) {
    if (fstatSync(fd).isFile()) continue;
    throw new PapyraError('io_error', `${path} is not a regular file`, {
      hint: 'nothing was touched; look at it with ls -l, and move it away',
    });
  }
  assertSameOwner(old, fstatSync(live.fd));
}

/**
 * Whether nothing has touched the old file for long. Its ctime is compared with one that the lock file gets now, as
 * both come from the clock of the file system. If it is ahead, that clock was set back since: the file is stamped
 * again and rests from now on. Otherwise it would look young until that time comes again.
 */
function hasRested({ fd, path }: OpenFile, names: LogNames): boolean {
  const { ctimeMs, mode } = fstatSync(fd);
  const now = stampNow(names.lock);
  if (now < ctimeMs) attempt('touch', path, () => fchmodSync(fd, mode & 0o7777));
  return now - ctimeMs >= REST_MS;
}

/** Milliseconds since 1970, by the clock that stamps files. */
function stampNow(lock: string): number {
  const now = new Date();
  attempt('touch', lock, () => lutimesSync(lock, now, now));
  return lstatSync(lock).ctimeMs;
}

function stillHeld(names: LogNames, kept: string): PapyraError {
  return new PapyraError(
    'try_again',
    `writers may still append to the old file of ${names.log}, kept as ${basename(kept)} (${statSync(kept).size} bytes)`,
    { hint: 'nothing is lost; run again in a minute, or with --offline when nothing is writing' },
  );
}

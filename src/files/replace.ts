// Replaces a log by a new file with the records that stay, while a runtime that does not know papyra appends to it.
//
// The steps, and what a crash (of papyra or of the machine) leaves. The next run mends it before it does anything
// else, by the table in recovery-table.ts. The caller holds the lock, and has mended what an earlier run left.
//
// 1. Ask who holds the log open for writing (`assertNotHeld`; the caller does so before it writes an archive). Such a
//    writer would go on writing into the old file for ever.
// 2. fsync the directory: names that an earlier run removed must not come back beside ours. Write a temporary file
//    beside the log, with the log's owner and metadata; fsync it. Where files can share blocks (clone.ts), what stays
//    is shared: the kernel writes dirty blocks of the log first, and the fsync makes the sharing last. Catch up with what was appended, whole lines only;
//    fdatasync it. A crash leaves the temporary file: the next run removes it.
// 3. Link the log to a second name that says how far it is taken over (old-link.ts); fsync the directory. Without this
//    name the old file would be gone after the rename, and with it the last records of its writers if we crash.
//    Check that the name leads to the file that we read, that nobody truncated it and that the runtime does not
//    rewrite it. A crash leaves both names: the next run removes the link, then the temporary file. (In a rotating set
//    the new file gets a second name here, too. What a crash leaves there is told in recover.ts.)
// 4. Catch up until a read brings nothing, then rename at once, without a system call in between. A crash leaves the
//    link to the old file: the next run appends what the new file lacks (reconcile.ts), then goes on with step 5.
// 5. Drain the old file (drain.ts): a writer may have opened it before the rename. A crash: as after step 4.
// 6. fsync the new file and the directory, unlink the link, fsync the directory. In this order: the old file may go
//    only when all of it is on the disk under the log's name. Where writers still have the old file, the link stays,
//    renamed to say how far we are, and the next run goes on with it.
//
// Up to the rename the log is untouched: a failure removes the extra names. A failure after it leaves the link.
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  linkSync,
  renameSync,
  type Stats,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { PapyraError } from '../errors/errors.js';
import { copyChunks, isSparse, type Content } from './copy.js';
import { drain, type Drained } from './drain.js';
import { createExclusive, removeFile, syncDirectory, writeAll } from './durable.js';
import { fileId, idAt, isNamed } from './identity.js';
import { carryOver } from './metadata.js';
import type { LogNames } from './names.js';
import { assertNotMountedElsewhere, noSecondName, readLockRefused } from './obstacles.js';
import { oldLink, type OldLink } from './old-link.js';
import { truncated, type OpenFile, type Tick } from './read.js';
import { forgetPages } from '../system/page-cache.js';
import { assertRuntimeIsNotRewriting, mountPoint, noRoom } from './surroundings.js';
import { attempt, errnoOf, systemError } from '../errors/system-error.js';
import { WholeLines } from './whole-lines.js';
import type { TailSample } from './tail-sample.js';
import { findLastingWriters, findWriters, type WriterSearch } from './writers.js';

/** Limits the last catch-up where writers never pause: the drain takes over the rest. */
const LAST_READS = 1000;

export interface Replacement {
  /** The log, open for reading, and its state when the plan was made. */
  log: OpenFile;
  stat: Stats;
  names: LogNames;
  /** The end of the last line that the plan decided about; what follows is carried over. */
  planned: number;
  /** What stays, in order; it may begin with a filler. */
  content: Content;
  /** Called with bytes written to the next content of the log. */
  onWrite: Tick;
  /** Number of bytes that are written, for the message when there is no room. */
  size: number;
  /** The operator asserts that nothing writes to the log. */
  offline: boolean;
  tailSample: TailSample;
  /** Rotating set: a second name for the new file, whose first one may move on before the old file is drained. */
  fresh?: string;
  /** Called before and during the last catch-up; throws when the name may not be taken now. */
  lastLook?: () => void;
  /** Called when the replacement failed before the rename, before its extra names are removed. */
  onUndone?: () => void;
  isRecord: (line: Buffer) => boolean;
  signal?: AbortSignal | undefined;
}

export interface Replaced {
  /** Complete lines and bytes that arrived after the plan was made. */
  appended: { records: number | null; bytes: number };
  /** Set when writers still have the old file: its name, and the last look at them. */
  kept?: { path: string; look: WriterSearch };
}

/** Steps 2 to 6. */
export async function replaceLog(task: Replacement): Promise<Replaced> {
  const { log, names } = task;
  attempt('sync', names.directory, () => syncDirectory(names.directory));
  const fd = attempt('create', names.temp, () => createExclusive(names.temp));
  const temp = { fd, path: names.temp };
  let link: OldLink | undefined;
  let forgotten: Promise<void> | undefined;
  try {
    const follower = new WholeLines(log, task.planned);
    try {
      carryOver({ ...log, stat: task.stat }, temp);
      await copyChunks(task.content, temp, task.onWrite, { keepHoles: isSparse(task.stat) });
      // The last close of the old file takes a third less time then: 0.15 s of 2 GB.
      forgotten = forgetPages(log.fd, task.planned);
      attempt('sync', temp.path, () => fsyncSync(temp.fd));
      const takeOver = (piece: Buffer) => {
        attempt('write', temp.path, () => writeAll(temp.fd, piece));
      };
      while (follower.read(takeOver)) await task.onWrite(0);
      const torn = takeOverTornTail(task, follower, temp);
      attempt('sync', temp.path, () => fdatasyncSync(temp.fd));
      assertUntruncated(log, follower.at);
      // The syncs may have taken long: this is the last chance to obey a stop that was asked for meanwhile.
      await task.onWrite(0);

      const synced = fstatSync(temp.fd).size;
      link = oldLink(names, torn, synced);
      if (linkLog(task, link.path)) {
        attempt('sync', names.directory, () => syncDirectory(names.directory));
        assertStillTheLog(task, link.path);
      }
      if (task.fresh !== undefined) linkFresh(temp, task.fresh);
      assertRuntimeIsNotRewriting(names);
      assertNotMountedElsewhere(log, names);
      task.tailSample.assertUnchanged();
      assertUntruncated(log, follower.at);
      task.lastLook?.();
      for (let reads = 0; reads < LAST_READS && follower.read(takeOver); reads++) task.lastLook?.();
      renameSync(names.temp, names.entry);
    } catch (error) {
      throw undone(error, task, link);
    }
    // If somebody truncated the old file in the last moment, everything that it holds now is new.
    const cut = fstatSync(log.fd).size < follower.at;
    const at = cut ? 0 : Math.max(follower.at, link.taken);
    const live = { fd: temp.fd, path: names.log };
    const { drained, path } = await finish(task, live, link, at);
    const bytes = Math.max(0, drained.at - task.stat.size);
    const appended = { records: follower.lines + drained.lines, bytes };
    return path === undefined ? { appended } : { appended, kept: { path, look: drained.look } };
  } finally {
    closeSync(temp.fd);
    await forgotten;
  }
}

/** Steps 5 and 6. The error message says that the link is left. */
async function finish(task: Replacement, live: OpenFile, link: OldLink, from: number) {
  const { log: old, names } = task;
  try {
    // After the rename a run cannot be undone: the drain ignores that a stop was asked for.
    const how = { tick: () => undefined, rested: false, recovering: false };
    const drained = await drain({ ...task, ...how, old, live, from, link });
    const path = finishOldFile(names, live, link, drained);
    if (task.fresh !== undefined && path === undefined) removeFresh(names, task.fresh);
    return { drained, path };
  } catch (error) {
    throw new PapyraError(
      'io_error',
      `${names.log} was replaced, but what was appended last may still be in ${basename(link.path)}: ${(error as Error).message}`,
      { hint: 'nothing is lost: the next run brings it over', cause: error },
    );
  }
}

/** Step 6. Returns the name of the old file if it is kept. */
export function finishOldFile(
  names: LogNames,
  live: OpenFile,
  link: OldLink,
  drained: Drained,
): string | undefined {
  // Read before the sync: bytes that come later may not be on the disk.
  const synced = fstatSync(live.fd).size;
  attempt('sync', live.path, () => fsyncSync(live.fd));
  attempt('sync', names.directory, () => syncDirectory(names.directory));
  // A rename changes the ctime by which the next run sees whether the file rests: avoid it where the name is right.
  const same = drained.at === link.taken;
  const kept = drained.over
    ? undefined
    : same
      ? link.path
      : oldLink(names, drained.at, synced).path;
  if (kept === undefined) attempt('remove', link.path, () => removeFile(link.path));
  else if (kept !== link.path) attempt('rename', link.path, () => renameSync(link.path, kept));
  attempt('sync', names.directory, () => syncDirectory(names.directory));
  return kept;
}

/** @throws {PapyraError} `try_again` when a process holds the log open for writing. */
export async function assertNotHeld(log: OpenFile): Promise<void> {
  const look = await findLastingWriters(log);
  if (look.who !== 'somebody') return;
  const who = look.writers.map(({ pid, command }) => `pid ${pid} (${command})`).join(', ');
  const way = look.writers.every(({ appends }) => appends)
    ? ', or remove the expired head with --in-place'
    : '';
  throw new PapyraError(
    'try_again',
    `${log.path} is held open for writing by ${who || 'a process that cannot be seen from here'}`,
    { hint: `it would go on writing into the old file: stop or restart it${way}` },
  );
}

/**
 * Takes over the bytes after the last newline if nobody is writing them any more (a writer crashed). Otherwise a
 * writer may be in the middle of the line, and the drain takes it over. Returns how far the log is taken over.
 */
function takeOverTornTail(task: Replacement, follower: WholeLines, temp: OpenFile): number {
  if (follower.unterminated === 0) return follower.at;
  const size = fstatSync(task.log.fd).size;
  const resting = task.offline || findWriters(task.log).who === 'nobody';
  if (!resting || size !== follower.at + follower.unterminated) return follower.at;
  if (fstatSync(task.log.fd).size !== size) return follower.at;
  return follower.takeRest((piece) => {
    attempt('write', temp.path, () => writeAll(temp.fd, piece));
  });
}

/** Returns false where the file system has no hard links and `offline` makes the link unnecessary. */
function linkLog({ names, log, offline }: Replacement, path: string): boolean {
  try {
    linkSync(names.entry, path);
    // On some file systems the two names have different inode numbers. Offline we can do without the link.
    if (!offline || isNamed(log.fd, path)) return true;
    removeFile(path);
    return false;
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (!['EPERM', 'EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(errno)) {
      throw systemError(error, 'link', path);
    }
    if (offline) return false;
    throw noSecondName(names, errno);
  }
}

/** After a crash this name leads the drain to the new file, wherever the rotation has moved it. */
function linkFresh(temp: OpenFile, fresh: string): void {
  attempt('link', fresh, () => linkSync(temp.path, fresh));
  attempt('sync', fresh, () => syncDirectory(dirname(fresh)));
}

function removeFresh(names: LogNames, fresh: string): void {
  attempt('remove', fresh, () => removeFile(fresh));
  attempt('sync', names.directory, () => syncDirectory(names.directory));
}

function assertUntruncated(log: OpenFile, taken: number): void {
  if (fstatSync(log.fd).size < taken) throw truncated(log.path);
}

/**
 * Checks that the log's name and the link both lead to the file that we read: another process may have replaced it.
 * If only the link seems to be another file, the inode numbers of this file system are not reliable.
 */
function assertStillTheLog({ names, log }: Replacement, link: string): void {
  if (attempt('look at', names.log, () => idAt(names.entry)) !== fileId(log.fd)) {
    throw new PapyraError('try_again', `${names.log} was replaced by another process`, {
      hint: 'find out what else rewrites the log, then run again',
    });
  }
  if (!attempt('look at', link, () => isNamed(log.fd, link))) throw readLockRefused(names);
}

/** Removes the extra names, the temporary file last. Returns the error to throw. */
function undone(error: unknown, task: Replacement, link: OldLink | undefined): unknown {
  const { names, size } = task;
  task.onUndone?.();
  for (const path of [task.fresh, link?.path, names.temp]) {
    if (path !== undefined) removeFile(path);
  }
  const errno = errnoOf(error) ?? errnoOf((error as Error).cause);
  const inWords = systemError(error, 'replace', names.log);
  switch (errno) {
    case 'EBUSY':
      return mountPoint(names.log);
    case 'ENOSPC':
    case 'EDQUOT':
      return noRoom(names, size, inWords);
    case 'ENOENT':
      return new PapyraError('try_again', `${names.log} was moved while papyra was at work`, {
        hint: 'find out what moves it, or the files beside it, then run again',
        cause: error,
      });
  }
  if (!(inWords instanceof PapyraError) || inWords.code !== 'io_error') return inWords;
  return new PapyraError('io_error', `${inWords.message}; the log is as it was`, {
    hint: inWords.hint ?? 'run again when the cause is gone',
    cause: error,
  });
}

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
import { copyChunks, isSparse } from './copy.js';
import { drain, type Drained } from './drain.js';
import { createExclusive, removeFile, syncDirectory, writeAll } from './durable.js';
import { fileId, idAt, isNamed } from './identity.js';
import { carryOver } from './metadata.js';
import type { LogNames } from './names.js';
import { assertNotMountedElsewhere, noSecondName, readLockRefused } from './obstacles.js';
import { oldLink, type OldLink } from './old-link.js';
import { truncated, type OpenFile, type Tick } from './read.js';
import { assertRuntimeIsNotRewriting, mountPoint, noRoom } from './surroundings.js';
import { attempt, errnoOf, systemError } from '../errors/system-error.js';
import { WholeLines } from './whole-lines.js';
import type { TailSample } from './tail-sample.js';
import { findLastingWriters, findWriters, type WriterSearch } from './writers.js';

/** Writers that never pause do not get the last word: what is left goes to the drain. */
const LAST_READS = 1000;

export interface Replacement {
  /** The log, open for reading, and its state when the plan was made. */
  log: OpenFile;
  stat: Stats;
  names: LogNames;
  /** Behind the last whole line that the plan decided about; what follows is carried over. */
  planned: number;
  /** The bytes that stay, in order. */
  content: AsyncIterable<Uint8Array>;
  /** Called with bytes written to the next content of the log. */
  onWrite: Tick;
  /** Bytes that stay, for the message when there is no room for them. */
  size: number;
  /** The operator asserts that nothing writes to the log. */
  offline: boolean;
  /** Notices when somebody truncates what was planned. */
  tailSample: TailSample;
  /**
   * A second name for the new file, where its first one may move on before the old file is drained.
   */
  fresh?: string;
  /** Called right before the last catch-up; throws when the name may not be taken now. */
  lastLook?: () => void;
  /** Called when everything was taken back and the log is as it was. */
  onUndone?: () => void;
  isRecord: (line: Buffer) => boolean;
  signal?: AbortSignal | undefined;
}

export interface Replaced {
  /** Complete lines and bytes that arrived after the plan was made. */
  appended: { records: number | null; bytes: number };
  /** The old file had to be kept under this name, for the next run to finish. */
  kept?: { path: string; look: WriterSearch };
}

/**
 * Puts what stays of a log, and whatever is appended meanwhile, in its place, while a runtime that
 * knows nothing of us goes on appending. The caller holds the lock and has cleaned up (recover.ts).
 *
 * 1. Ask who holds the log open for writing: a writer that never lets go would go on writing into the
 *    old file for ever. The caller does so (`assertNotHeld`) before it writes an archive.
 * 2. Write a temporary file beside the log, with its owner and mode; fsync it. Catch up on what was
 *    appended, whole lines only; fdatasync it. Until here a crash leaves an extra file, no more.
 * 3. Link the log to a second name that says how far it is taken over; fsync the directory. Without
 *    that name the old file would be gone after the rename, and with it, after a crash, what writers
 *    appended to it last. Make sure that it is the file we read, that nobody has truncated it, and that
 *    the runtime does not rewrite it.
 * 4. Catch up until a read brings nothing, then at once rename: no system call in between.
 * 5. Drain the old file (drain.ts): a writer may have opened it before the rename.
 * 6. fsync the new file and the directory, unlink the second name, fsync the directory. In this order:
 *    the old file may go only when all of it is on the disk under its new name.
 *
 * Up to the rename the log is untouched, so any failure leaves the storage as it was. After it, a
 * failure leaves the second name, with which the next run goes on.
 */
export async function replaceLog(task: Replacement): Promise<Replaced> {
  const { log, names } = task;
  // What an earlier run removed must stay removed when our file appears beside it.
  attempt('sync', names.directory, () => syncDirectory(names.directory));
  const temp = {
    fd: attempt('create', names.temp, () => createExclusive(names.temp)),
    path: names.temp,
  };
  let link: OldLink | undefined;
  try {
    const follower = new WholeLines(log, task.planned);
    try {
      carryOver({ ...log, stat: task.stat }, temp);
      await copyChunks(task.content, temp, task.onWrite, { keepHoles: isSparse(task.stat) });
      attempt('sync', temp.path, () => fsyncSync(temp.fd));
      const takeOver = (piece: Buffer) => {
        attempt('write', temp.path, () => writeAll(temp.fd, piece));
      };
      while (follower.read(takeOver)) await task.onWrite(0);
      const torn = takeOverTornTail(task, follower, temp);
      attempt('sync', temp.path, () => fdatasyncSync(temp.fd));
      assertUntruncated(log, follower.at);
      // The syncs may have taken long: a stop that was asked for meanwhile is heard here, for the last time.
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
    // Truncated in the last moment: what is in it now has all come since.
    const cut = fstatSync(log.fd).size < follower.at;
    const at = cut ? 0 : Math.max(follower.at, link.taken);
    const live = { fd: temp.fd, path: names.log };
    const { drained, path } = await finish(task, live, link, at);
    const bytes = Math.max(0, drained.at - task.stat.size);
    const appended = { records: follower.lines + drained.lines, bytes };
    return path === undefined ? { appended } : { appended, kept: { path, look: drained.look } };
  } finally {
    closeSync(temp.fd);
  }
}

/** Steps 5 and 6. A failure here leaves the second name, and says so. */
async function finish(task: Replacement, live: OpenFile, link: OldLink, from: number) {
  const { log: old, names } = task;
  try {
    // Behind the rename there is no way back: a stop that is asked for now comes to nothing.
    const tick = () => undefined;
    const drained = await drain({
      ...task,
      old,
      live,
      from,
      link,
      tick,
      rested: false,
      recovering: false,
    });
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

/** Step 6; or, when the old file has not come to rest, keeps it under a name that says how far we are. */
export function finishOldFile(
  names: LogNames,
  live: OpenFile,
  link: OldLink,
  drained: Drained,
): string | undefined {
  // Read before the sync: what comes later may be not on the disk yet.
  const synced = fstatSync(live.fd).size;
  attempt('sync', live.path, () => fsyncSync(live.fd));
  attempt('sync', names.directory, () => syncDirectory(names.directory));
  // One that says the same already stays as it is: renamed, it would never come to rest.
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

/**
 * @throws {PapyraError} `try_again` when a process holds the log open for writing.
 */
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
 * Bytes behind the last newline that nobody is writing any more are what a crash left: they are taken
 * over as they are. Where a writer may be in the middle of them they are left to the drain. Returns
 * how far the log is taken over.
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

/** False where there can be no link, and need be none, because nothing is writing. */
function linkLog({ names, log, offline }: Replacement, path: string): boolean {
  try {
    linkSync(names.entry, path);
    // Some file systems make files of it that nobody can tell to be the same; offline nobody has to.
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

/** With two names of the new file and its old one, a crash leaves a drain that knows where to. */
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
 * The link may have been made of another file, and another file may have come since. Where the log still has its
 * name, and its second name is another file all the same, the file system has numbers that nobody can go by.
 */
function assertStillTheLog({ names, log }: Replacement, link: string): void {
  if (attempt('look at', names.log, () => idAt(names.entry)) !== fileId(log.fd)) {
    throw new PapyraError('try_again', `${names.log} was replaced by another process`, {
      hint: 'find out what else rewrites the log, then run again',
    });
  }
  if (!attempt('look at', link, () => isNamed(log.fd, link))) throw readLockRefused(names);
}

/** Before the rename everything can be taken back: the link first, then the temporary file. */
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

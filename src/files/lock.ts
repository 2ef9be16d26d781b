import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../clock.js';
import { PapyraError, interruption } from '../errors.js';
import { openCompanion, type Owner } from './durable.js';
import { assertLockFile } from './lock-place.js';
import { holderSignature, sign } from './lock-signature.js';
import type { OpenFile } from './read.js';
import { attempt, errnoOf, systemError } from './system-error.js';

const RETRY_MS = 100;

export interface LockRequest {
  /** The lock file; created when missing, never removed. */
  path: string;
  /** What it guards, for the message. */
  target: string;
  owner: Owner;
  /** Milliseconds to wait for another holder; 0: do not wait. */
  waitMs: number;
  signal?: AbortSignal | undefined;
}

export interface Lock {
  /** To hand to a child that must keep the lock while it works. */
  fd: number;
  release(): void;
}

/**
 * An exclusive lock, held through an open descriptor: the kernel frees it when the last process with
 * that descriptor ends, however it ends. Node has no flock(2), so the `flock` command takes it on our
 * descriptor, which it inherits; the lock belongs to the open file, not to the command, and stays.
 *
 * @throws {PapyraError} `try_again` when somebody else holds it; `config_invalid` where there is no `flock`;
 * `io_error` where the lock file is none.
 */
export async function takeLock(request: LockRequest): Promise<Lock> {
  const { path } = request;
  assertLockFile(path);
  const fd = attempt('open the lock file', path, () => openCompanion(path, request.owner));
  try {
    await lockFile({ fd, path }, request, () => held(request));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  sign(fd);
  return { fd, release: () => closeSync(fd) };
}

/**
 * The same on the log itself: a log that is mounted a second time, alone, has two names, and so two lock
 * files. Gone with the descriptor.
 */
export async function lockLog(
  log: OpenFile,
  patience: Pick<LockRequest, 'waitMs' | 'signal'>,
): Promise<void> {
  await lockFile(log, patience, () => {
    return new PapyraError('try_again', `another run of papyra is working on ${log.path}`, {
      hint: 'it does so under another name of the log; run again when it has finished',
    });
  });
}

async function lockFile(
  file: OpenFile,
  { waitMs, signal }: Pick<LockRequest, 'waitMs' | 'signal'>,
  held: () => PapyraError | Promise<PapyraError>,
): Promise<void> {
  const deadline = monotonicMs() + waitMs;
  for (;;) {
    const taken = tryFlock(file);
    if (taken === 'taken') return;
    if (signal?.aborted) throw interruption(signal);
    if (taken === 'held' && monotonicMs() >= deadline) throw await held();
    await sleep(taken === 'held' ? RETRY_MS : 0);
  }
}

/** `interrupted`: a Ctrl-C reaches the command, too; what it meant for us is known a moment later. */
function tryFlock({ fd, path }: OpenFile): 'taken' | 'held' | 'interrupted' {
  const result = spawnSync('flock', ['-x', '-n', '3'], {
    stdio: ['ignore', 'ignore', 'pipe', fd],
    encoding: 'utf8',
  });
  if (result.status === 0) return 'taken';
  if (result.status === 1 && result.stderr === '') return 'held';
  if (result.signal) return 'interrupted';
  if (errnoOf(result.error) === 'ENOENT') {
    throw new PapyraError('config_invalid', 'the flock command was not found', {
      hint: 'install the package util-linux (busybox has it, too)',
      cause: result.error,
    });
  }
  if (result.error) throw systemError(result.error, 'start the flock command for', path);
  throw new PapyraError(
    'io_error',
    `cannot lock ${path}: ${result.stderr.trim() || `status ${result.status}`}`,
  );
}

async function held(request: LockRequest): Promise<PapyraError> {
  const holder = await holderSignature(request.path);
  return new PapyraError(
    'try_again',
    `another run of papyra is working on ${request.target}${holder ? ` (${holder.text})` : ''}`,
    { hint: 'run again when it has finished, or wait for it with --lock-wait 10m' },
  );
}

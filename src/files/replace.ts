import {
  closeSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { PapyraError } from '../errors.js';
import { copyRuns, type Run } from './copy.js';
import { adopt, createExclusive, syncDirectory, writeAll } from './durable.js';
import type { LogNames } from './names.js';
import { chunks, type OpenFile, type Tick } from './read.js';
import { attempt } from './system-error.js';

export interface Replacement {
  /** The log, open for reading, and its state when the plan was made. */
  log: OpenFile;
  stat: Stats;
  names: LogNames;
  /** Behind the last byte that the plan decided about; what follows is carried over. */
  planned: number;
  /** The bytes that stay, in order. */
  runs: AsyncIterable<readonly Run[]>;
  tick: Tick;
}

export interface Replaced {
  /** Bytes kept of what the plan decided about. */
  kept: number;
  /** Complete lines and bytes that arrived after the plan was made. */
  appended: { records: number; bytes: number };
}

/**
 * Puts what stays of a log, and whatever was appended meanwhile, in its place.
 *
 * 1. Write a temporary file beside the log, with its owner and mode; fsync it.
 * 2. Catch up on what was appended until nothing more comes, then rename it over the log at once.
 * 3. Drain the old file: a writer may have opened it before the rename and written after it.
 * 4. fsync the new file and the directory.
 *
 * Up to the rename the log is untouched, so any failure leaves the storage as it was.
 */
export async function replaceLog(task: Replacement): Promise<Replaced> {
  const { log, names, tick } = task;
  rmSync(names.temp, { force: true });
  const temp = {
    fd: attempt('create', names.temp, () => createExclusive(names.temp)),
    path: names.temp,
  };
  try {
    let kept = 0;
    try {
      attempt('keep the owner and mode of the log on', names.temp, () => {
        adopt(temp.fd, task.stat);
      });
      kept = await copyRuns(log, task.runs, temp, tick);
      attempt('sync', temp.path, () => fsyncSync(temp.fd));
    } catch (error) {
      rmSync(names.temp, { force: true });
      throw error;
    }
    const tail = new Tail(log, task.planned, temp, tick);
    try {
      await tail.catchUp();
      attempt('sync', temp.path, () => fsyncSync(temp.fd));
      assertStillTheLog(task);
      await tail.catchUp();
      attempt('replace', names.log, () => renameSync(names.temp, names.log));
    } catch (error) {
      rmSync(names.temp, { force: true });
      throw error;
    }
    await tail.catchUp();
    attempt('sync', names.log, () => fsyncSync(temp.fd));
    attempt('sync', names.directory, () => syncDirectory(names.directory));
    return { kept, appended: tail.appended(task.stat.size) };
  } finally {
    closeSync(temp.fd);
  }
}

/** What arrives behind the planned part of the log, carried over as it comes. */
class Tail {
  #at: number;
  #lines = 0;

  constructor(
    readonly from: OpenFile,
    readonly start: number,
    readonly to: OpenFile,
    readonly tick: Tick,
  ) {
    this.#at = start;
  }

  async catchUp(): Promise<void> {
    for (;;) {
      const size = fstatSync(this.from.fd).size;
      if (size < this.#at) {
        throw new PapyraError('try_again', `${this.from.path} was truncated while papyra read it`, {
          hint: 'find out what truncates the log, then run again',
        });
      }
      if (size === this.#at) return;
      for await (const chunk of chunks(this.from, this.#at, size, this.tick)) {
        attempt('write', this.to.path, () => {
          writeAll(this.to.fd, chunk);
        });
        for (const byte of chunk) if (byte === 0x0a) this.#lines += 1;
        this.#at += chunk.length;
      }
    }
  }

  /** `size`: of the log when the plan was made; an unterminated tail was there already. */
  appended(size: number): { records: number; bytes: number } {
    return { records: this.#lines, bytes: this.#at - size };
  }
}

function assertStillTheLog(task: Replacement): void {
  const now = attempt('look at', task.names.log, () => lstatSync(task.names.log));
  if (now.ino === task.stat.ino && now.dev === task.stat.dev) return;
  throw new PapyraError('try_again', `${task.names.log} was replaced by another process`, {
    hint: 'find out what else rewrites the log, then run again',
  });
}

// Judges what stands behind the last newline of a file to which others may be appending.
//
// A runtime writes a record with one write(), but a reader may see the first pages of it before the last one. So a
// tail is looked at again before it is called truncated:
//
// 1. A newline has come: the line is complete.
// 2. It has not grown between two looks, and the kernel says that nobody has the file open for writing: its writer is gone.
// 3. Who has it open cannot be told, or somebody keeps it open: it is truncated when it has not grown for two seconds.
import { fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { interruption } from '../errors/errors.js';
import type { OpenFile } from '../files/read.js';
import { findWriters } from '../files/writers.js';
import { monotonicMs } from '../units/clock.js';
import { findNewline } from './segments.js';

const REST_MS = 2000;
const POLL_MS = 5;

/** What stands at the end of a file: nothing, a line that was completed since, or bytes that nobody goes on with. */
export interface Tail {
  state: 'none' | 'completed' | 'abandoned';
  start: number;
  end: number;
}

/** Waits until it is known what becomes of the bytes from `start` to the end of a file. */
export async function judgeTail(
  file: OpenFile,
  start: number,
  signal?: AbortSignal,
): Promise<Tail> {
  let deadline = monotonicMs() + REST_MS;
  let seen = start;
  for (;;) {
    if (signal?.aborted) throw interruption(signal);
    const { size } = fstatSync(file.fd);
    if (size <= start) return { state: 'none', start, end: start };
    const newline = findNewline(file, seen, size);
    if (newline !== undefined) return { state: 'completed', start, end: newline + 1 };
    if (size > seen) deadline = monotonicMs() + REST_MS;
    seen = size;
    const isAlone = findWriters(file).who === 'nobody';
    const isOver = isAlone || monotonicMs() >= deadline;
    if (isOver && fstatSync(file.fd).size === size) return { state: 'abandoned', start, end: size };
    await sleep(POLL_MS);
  }
}

// Appends lines to a log to which other processes append at the same time.
//
// 1. If the log ends in the middle of a line, its writer may be about to finish it: wait for that, two seconds at
//    most, then end the line.
// 2. Write each line with one write(2). It does not cross the end of a page, unless the line is longer than a page: a
//    write that is killed tears there. A blank line, which nobody counts, fills the page up.
// 3. The byte before our line must be a newline. If it is not, another writer tore a line just before ours: end the
//    glued line, and write ours again.
//
// No system call stands between the look at the end and the write. A writer that begins a line in that moment and ends
// it with a second write finds ours in the middle; the runtime writes a line at once. A crash leaves part of a line at
// most; the next run appends that line again (reconcile.ts).
import { fstatSync, readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../units/clock.js';
import { offsetOf } from '../system/space.js';
import { writeAll } from './durable.js';
import type { OpenFile } from './read.js';
import { attempt } from '../errors/system-error.js';

const NEWLINE = Buffer.from('\n');
const PAGE_BYTES = 4096;
const TAIL_WAIT_MS = 2000;
const TAIL_POLL_MS = 2;

/** A write ended early. It is not continued: other writers may have written behind it. */
export class ShortWrite extends Error {}

/** `file` must be open with O_APPEND. */
export async function appendLine(file: OpenFile, line: Buffer): Promise<void> {
  const deadline = monotonicMs() + TAIL_WAIT_MS;
  for (;;) {
    const { size } = fstatSync(file.fd);
    const whole = fillingPage(line, size);
    const end = endOfLog(file, size);
    if (end === 'grown') continue;
    if (end === 'torn') {
      await endLine(file, deadline);
      continue;
    }
    const written = attempt('write', file.path, () => writeSync(file.fd, whole));
    if (written < whole.length) throw new ShortWrite(`short write to ${file.path}`);
    // The filling ends a line that was torn before it.
    if (whole !== line) return;
    // With O_APPEND the offset of the descriptor tells where the write ended.
    const start = offsetOf(file.fd) - whole.length;
    if (start === 0 || endOfLog(file, start) !== 'torn') return;
    attempt('write', file.path, () => writeAll(file.fd, NEWLINE));
  }
}

/** Waits until an unterminated last line is ended by its writer; ends it when the time is over. */
export async function awaitEndOfLine(file: OpenFile): Promise<void> {
  const deadline = monotonicMs() + TAIL_WAIT_MS;
  while (endOfLog(file, fstatSync(file.fd).size) === 'torn') await endLine(file, deadline);
}

async function endLine(file: OpenFile, deadline: number): Promise<void> {
  if (monotonicMs() < deadline) await sleep(TAIL_POLL_MS);
  else attempt('write', file.path, () => writeAll(file.fd, NEWLINE));
}

/** The line, with a blank line before it if it would cross the end of a page. */
function fillingPage(line: Buffer, size: number): Buffer {
  const room = PAGE_BYTES - (size % PAGE_BYTES);
  if (line.length <= room || line.length > PAGE_BYTES) return line;
  return Buffer.concat([Buffer.alloc(room - 1, ' '), NEWLINE, line]);
}

const lastBytes = Buffer.alloc(2);

/** How a log of that size ends; `grown`: it has become longer since. */
function endOfLog(file: OpenFile, size: number): 'whole' | 'torn' | 'grown' {
  if (size === 0) return 'whole';
  const read = attempt('read', file.path, () => readSync(file.fd, lastBytes, 0, 2, size - 1));
  if (lastBytes[0] !== NEWLINE[0]) return 'torn';
  return read === 2 ? 'grown' : 'whole';
}

import { fstatSync, readFileSync, readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeAll } from './durable.js';
import type { OpenFile } from './read.js';
import { attempt } from './system-error.js';

const NEWLINE = 0x0a;
const PAGE_BYTES = 4096;
const TAIL_WAIT_MS = 2000;
const TAIL_POLL_MS = 2;

/** A write ended early. Never continued: whatever comes next would land in the middle of a line. */
export class ShortWrite extends Error {}

/**
 * Appends lines to a log that others append to at the same time. `file` must be open with O_APPEND.
 *
 * 1. When the log ends in the middle of a line, its writer may be about to finish it: wait for that,
 *    two seconds at most, then end the line.
 * 2. One write for each line, and none across the end of a page: a write that is killed tears there.
 *    A blank line, which nobody counts, fills the page up.
 * 3. Where the write landed, the byte before it must be a newline. If not, somebody tore a line just
 *    before us, and ours is glued to it: end that line, and write ours again.
 */
export async function appendLine(file: OpenFile, line: Buffer): Promise<void> {
  await awaitEndOfLine(file);
  for (;;) {
    const size = fstatSync(file.fd).size;
    const room = PAGE_BYTES - (size % PAGE_BYTES);
    const whole =
      line.length > room && line.length <= PAGE_BYTES
        ? Buffer.concat([Buffer.alloc(room - 1, ' '), Buffer.from('\n'), line])
        : line;
    const written = attempt('write', file.path, () => writeSync(file.fd, whole));
    if (written < whole.length) throw new ShortWrite(`short write to ${file.path}`);
    const start = endOfLastWrite(file.fd) - whole.length;
    if (start === 0 || byteAt(file, start - 1) === NEWLINE) return;
    attempt('write', file.path, () => writeAll(file.fd, Buffer.from('\n')));
  }
}

/** Waits for the writer of an unterminated line; ends it when none comes. */
export async function awaitEndOfLine(file: OpenFile): Promise<void> {
  const deadline = performance.now() + TAIL_WAIT_MS;
  while (!endsInNewline(file)) {
    if (performance.now() >= deadline) {
      attempt('write', file.path, () => writeAll(file.fd, Buffer.from('\n')));
      return;
    }
    await sleep(TAIL_POLL_MS);
  }
}

function endsInNewline(file: OpenFile): boolean {
  const { size } = fstatSync(file.fd);
  return size === 0 || byteAt(file, size - 1) === NEWLINE;
}

function byteAt(file: OpenFile, position: number): number | undefined {
  const byte = Buffer.alloc(1);
  attempt('read', file.path, () => readSync(file.fd, byte, 0, 1, position));
  return byte[0];
}

/** With O_APPEND only the kernel knows where a write went: the descriptor's offset is behind it. */
function endOfLastWrite(fd: number): number {
  const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  return Number(/^pos:\s*(\d+)/m.exec(info)?.[1]);
}

import { readSync } from 'node:fs';
import { writeAll } from './durable.js';
import { truncated, type OpenFile, type Tick } from './read.js';
import { attempt } from './system-error.js';

const BUFFER_BYTES = 1 << 20;
/** Reads that start in the middle of a page are two to three times slower. */
const PAGE_BYTES = 4096;

/** A run of bytes `[start, end)`. */
export interface Run {
  start: number;
  end: number;
}

/**
 * Appends runs of one file to another: whatever their length, bytes go through one window that is read
 * and one buffer that is written, 1 MiB each. Returns how many bytes there were.
 */
export async function copyRuns(
  from: OpenFile,
  runs: AsyncIterable<readonly Run[]>,
  to: OpenFile,
  onRead: Tick,
  onWrite: Tick,
): Promise<number> {
  const window = Buffer.allocUnsafe(BUFFER_BYTES);
  let windowStart = 0;
  let windowEnd = 0;
  const output = Buffer.allocUnsafe(BUFFER_BYTES);
  let filled = 0;
  let copied = 0;

  const flush = () => {
    if (filled === 0) return undefined;
    const bytes = filled;
    attempt('write', to.path, () => writeAll(to.fd, output.subarray(0, bytes)));
    copied += bytes;
    filled = 0;
    return onWrite(bytes);
  };

  for await (const batch of runs) {
    for (const { start, end } of batch) {
      for (let at = start; at < end;) {
        if (at < windowStart || at >= windowEnd) {
          windowStart = at - (at % PAGE_BYTES);
          const position = windowStart;
          windowEnd =
            windowStart +
            attempt('read', from.path, () => readSync(from.fd, window, 0, BUFFER_BYTES, position));
          if (at >= windowEnd) throw truncated(from.path);
          const pause = onRead(windowEnd - windowStart);
          if (pause) await pause;
        }
        const piece = Math.min(end, windowEnd, at + BUFFER_BYTES - filled) - at;
        window.copy(output, filled, at - windowStart, at - windowStart + piece);
        filled += piece;
        at += piece;
        if (filled === BUFFER_BYTES) {
          const pause = flush();
          if (pause) await pause;
        }
      }
    }
  }
  const pause = flush();
  if (pause) await pause;
  return copied;
}

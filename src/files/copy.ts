import { writeAll } from './durable.js';
import { chunks, type OpenFile, type Tick } from './read.js';
import { attempt } from './system-error.js';

/** Appends the bytes `[start, end)` of one file to another; returns how many there were. */
export async function copyRange(
  from: OpenFile,
  start: number,
  end: number,
  to: OpenFile,
  tick: Tick,
): Promise<number> {
  let copied = 0;
  for await (const chunk of chunks(from, start, end, tick)) {
    attempt('write', to.path, () => writeAll(to.fd, chunk));
    copied += chunk.length;
  }
  return copied;
}

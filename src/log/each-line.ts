// Calls a function for each line of one block of a log.
import { chunks, type OpenFile, type Tick } from '../files/read.js';
import { LineScanner, type LineHandler } from '../records/scanner.js';
import type { Block } from './block.js';

const NEWLINE = Buffer.from('\n');

/** The last line of a file to which nobody appends any more may lack its newline. */
export async function eachLine(
  file: OpenFile,
  { start, end }: Pick<Block, 'start' | 'end'>,
  tick: Tick,
  onLine: LineHandler,
  /** What is read goes here; for many blocks one after another. */
  window?: Buffer,
): Promise<void> {
  const scanner = new LineScanner((kind, from, to, timestamp) => {
    onLine(kind, from, Math.min(to, end), timestamp);
  }, start);
  for await (const chunk of chunks(file, start, end, tick, window)) scanner.push(chunk);
  if (scanner.lineStart < end) scanner.push(NEWLINE);
}

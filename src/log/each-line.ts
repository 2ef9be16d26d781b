import { chunks, type OpenFile, type Tick } from '../files/read.js';
import { LineScanner, type LineHandler } from '../records/scanner.js';
import type { Block } from './block.js';

const NEWLINE = Buffer.from('\n');

/** The lines of one block, one by one; the last one of a file that has ended may be without a newline. */
export async function eachLine(
  file: OpenFile,
  { start, end }: Pick<Block, 'start' | 'end'>,
  tick: Tick,
  onLine: LineHandler,
): Promise<void> {
  const scanner = new LineScanner((kind, from, to, timestamp) => {
    onLine(kind, from, Math.min(to, end), timestamp);
  }, start);
  for await (const chunk of chunks(file, start, end, tick)) scanner.push(chunk);
  if (scanner.lineStart < end) scanner.push(NEWLINE);
}

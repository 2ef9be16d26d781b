import { chunks, type OpenFile, type Tick } from '../../files/read.js';
import type { LineReader } from '../../records/line-reader.js';
import type { RetentionRules } from '../../retention/policy.js';
import { blankBlock, blockOf, standingsOf, type Block } from './block.js';

/** What a log holds, in blocks: what is remembered of it is a ten thousandth of its size. */
export interface Survey {
  blocks: Block[];
  /** Behind the last complete line: what follows is unterminated, and never touched. */
  end: number;
  unreadable: number;
  undated: number;
  /** Records dated more than a day ahead. */
  future: number;
  /** Seconds of the newest dated record; NaN when there is none. */
  newest: number;
}

/** Reads `[from, to)` of a log, once. What is before it is blank. */
export async function survey(
  file: OpenFile,
  { from, to }: { from: number; to: number },
  reader: LineReader,
  rules: RetentionRules,
  tick: Tick,
): Promise<Survey> {
  const standings = standingsOf(rules);
  const blocks = from > 0 ? [blankBlock(from, standings)] : [];
  reader.startAt(from);
  for await (const chunk of chunks(file, from, to, tick, reader.window)) {
    reader.take(chunk.length, (sums) => blocks.push(blockOf(sums, standings)));
  }
  return surveyOf(blocks, reader.lineStart);
}

export function surveyOf(blocks: Block[], end: number): Survey {
  const result: Survey = { blocks, end, unreadable: 0, undated: 0, future: 0, newest: NaN };
  for (const { sums } of blocks) {
    result.unreadable += sums.lines.unreadable;
    result.undated += sums.lines.undated;
    result.future += sums.future;
    if (!(sums.newest <= result.newest)) result.newest = sums.newest;
  }
  return result;
}

import type { Run } from '../../files/copy.js';
import { chunks, type OpenFile, type Tick } from '../../files/read.js';
import { LineScanner } from '../../records/scanner.js';
import type { Block } from '../../records/survey.js';
import { standing, type RetentionRules, type Standing } from '../../retention/policy.js';

/** Short lines that come and go make a run each: few of them must be in memory at a time. */
const SCAN_BYTES = 1 << 16;

export interface Selection {
  file: OpenFile;
  blocks: readonly Block[];
  /** How many of the oldest live records go. */
  cut: number;
  rules: RetentionRules;
  tick: Tick;
}

/**
 * The bytes that stay, or those that go, as runs in the order of the log, some at a time. Blank lines
 * are neither. Nothing after this function looks inside a record.
 */
export async function* select(
  which: 'staying' | 'going',
  { file, blocks, cut, rules, tick }: Selection,
): AsyncGenerator<Run[]> {
  const buffer = Buffer.allocUnsafe(SCAN_BYTES);
  let older = 0;
  for (const block of blocks) {
    const inBlock = Math.min(Math.max(0, cut - older), block.lines.live);
    older += block.lines.live;
    const share = shareOf(block, which, inBlock);
    if (share === 'none') continue;
    if (share === 'all') {
      yield [{ start: block.start, end: block.end }];
      continue;
    }
    let live = 0;
    const wanted = (what: Standing): boolean => {
      if (what === 'blank') return false;
      if (what === 'live') live += 1;
      const stays = what === 'pinned' || (what === 'live' && live > inBlock);
      return stays === (which === 'staying');
    };
    let runs: Run[] = [];
    const scanner = new LineScanner((kind, start, end, timestamp) => {
      if (!wanted(standing(kind, timestamp, rules))) return;
      const last = runs.at(-1);
      if (last?.end === start) last.end = end;
      else runs.push({ start, end });
    }, block.start);
    for await (const chunk of chunks(file, block.start, block.end, tick, buffer)) {
      scanner.push(chunk);
      yield runs;
      runs = [];
    }
  }
}

/** What the sums of a block say already: only a mixed one is read line by line. */
function shareOf(
  { lines }: Block,
  which: 'staying' | 'going',
  cut: number,
): 'all' | 'none' | 'some' {
  const going = lines.expired + lines.discarded + cut;
  const staying = lines.pinned + lines.live - cut;
  const [ours, theirs] = which === 'staying' ? [staying, going] : [going, staying];
  if (ours === 0) return 'none';
  return theirs + lines.blank === 0 ? 'all' : 'some';
}

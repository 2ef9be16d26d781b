import { chunks, type OpenFile, type Tick } from '../../files/read.js';
import type { Run } from '../../files/copy.js';
import { LineScanner } from '../../records/scanner.js';
import type { Block } from '../../records/survey.js';
import { standing, type RetentionRules } from '../../retention/policy.js';

/**
 * The bytes that stay, as runs in the order of the log, some at a time. `cut` is how many of the oldest
 * live records go. Nothing after this function looks inside a record.
 */
export async function* survivors(
  file: OpenFile,
  blocks: readonly Block[],
  cut: number,
  rules: RetentionRules,
  tick: Tick,
): AsyncGenerator<Run[]> {
  let older = 0;
  for (const block of blocks) {
    yield* staying(file, block, Math.max(0, cut - older), rules, tick);
    older += block.lines.live;
  }
}

/** What stays of one block, of which the first `cut` live records go. */
async function* staying(
  file: OpenFile,
  block: Block,
  cut: number,
  rules: RetentionRules,
  tick: Tick,
): AsyncGenerator<Run[]> {
  const { lines } = block;
  const going = lines.expired + lines.discarded + lines.blank + Math.min(cut, lines.live);
  if (going === 0) {
    yield [{ start: block.start, end: block.end }];
    return;
  }
  if (lines.pinned === 0 && cut >= lines.live) return;

  let runs: Run[] = [];
  let live = 0;
  const scanner = new LineScanner((kind, start, end, timestamp) => {
    const what = standing(kind, timestamp, rules);
    const stays = what === 'pinned' || (what === 'live' && live >= cut);
    if (what === 'live') live += 1;
    if (!stays) return;
    const last = runs.at(-1);
    if (last?.end === start) last.end = end;
    else runs.push({ start, end });
  }, block.start);
  for await (const chunk of chunks(file, block.start, block.end, tick)) {
    scanner.push(chunk);
    yield runs;
    runs = [];
  }
}

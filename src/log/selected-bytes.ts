// Reads the bytes of a log that stay, or those that go.
import { chunks, truncated, type OpenFile, type Tick } from '../files/read.js';
import { CATEGORIES, type Category } from '../records/kernel/kernel.js';
import type { Gathering, LineReader } from '../records/line-reader.js';
import type { RetentionRules, LineStatus } from '../retention/policy.js';
import { statusesOf, type Block } from './block.js';

export interface Selection {
  file: OpenFile;
  blocks: readonly Block[];
  /** How many of the oldest live records go. */
  cut: number;
  rules: RetentionRules;
  reader: LineReader;
  tick: Tick;
}

type Which = 'staying' | 'going';

/**
 * Yields them in the order of the log, without blank lines; each piece is valid until the next one is asked for.
 * Nothing after this function looks inside a record.
 */
export async function* selectedBytes(
  which: Which,
  selection: Selection,
): AsyncGenerator<Uint8Array> {
  const { file, reader, tick } = selection;
  for (const { start, end, gathering } of ranges(which, selection)) {
    if (!gathering) {
      yield* assertLength(chunks(file, start, end, tick, reader.window), file, end - start);
      continue;
    }
    reader.startAt(start, gathering);
    const source = chunks(file, start, end, tick, reader.window);
    for await (const chunk of assertLength(source, file, end - start)) {
      let gathered: Uint8Array | undefined;
      reader.take(chunk.length, () => (gathered = reader.gathered()));
      if (gathered?.length) yield gathered;
    }
  }
}

/** The blocks of the head `[0, keep)`: with --in-place nothing after it goes. */
export function headOf(blocks: readonly Block[], keep: number): Block[] {
  return blocks
    .filter(({ start }) => start < keep)
    .map((block) => ({ ...block, end: Math.min(block.end, keep) }));
}

interface Range {
  start: number;
  end: number;
  /** The lines to take; left out: all of them. */
  gathering?: Gathering;
}

/** Only a block in which some lines stay and others go is read line by line. */
function* ranges(which: Which, { blocks, cut, rules }: Selection): Generator<Range> {
  const standings = statusesOf(rules);
  const like = (wanted: LineStatus[]): Category[] =>
    CATEGORIES.filter((category) => wanted.includes(standings[category]));
  const counting = like(['live']);
  const categories = like(which === 'staying' ? ['live', 'pinned'] : ['expired', 'discarded']);
  let older = 0;
  let whole: Range | undefined;
  for (const block of blocks) {
    const skip = Math.min(Math.max(0, cut - older), block.lines.live);
    older += block.lines.live;
    const share = shareOf(block, which, skip);
    if (share === 'all' && whole?.end === block.start) {
      whole.end = block.end;
      continue;
    }
    if (whole) yield whole;
    whole = undefined;
    const { start, end } = block;
    if (share === 'all') whole = { start, end };
    if (share === 'some') yield { start, end, gathering: { categories, counting, skip } };
  }
  if (whole) yield whole;
}

function shareOf({ lines }: Block, which: Which, cut: number): 'all' | 'none' | 'some' {
  const going = lines.expired + lines.discarded + cut;
  const staying = lines.pinned + lines.live - cut;
  const [ours, theirs] = which === 'staying' ? [staying, going] : [going, staying];
  if (ours === 0) return 'none';
  return theirs + lines.blank === 0 ? 'all' : 'some';
}

/** Throws when the log has become shorter than what was scanned: somebody truncates it. */
async function* assertLength(
  source: AsyncIterable<Uint8Array>,
  file: OpenFile,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of source) {
    read += chunk.length;
    yield chunk;
  }
  if (read < bytes) throw truncated(file.path);
}

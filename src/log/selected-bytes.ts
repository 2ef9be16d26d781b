// Reads the bytes of a log that stay, or those that go.
import { chunks, truncated, type OpenFile, type Tick } from '../files/read.js';
import { CATEGORIES, type Category } from '../records/kernel/kernel.js';
import type { Gathering, LineReader, Marked } from '../records/line-reader.js';
import type { RetentionRules, LineStatus } from '../retention/policy.js';
import { statusesOf, type Block } from './block.js';
import { pickBlock } from './pick-block.js';
import type { SecondThread } from './scan-threads.js';

export interface Selection {
  file: OpenFile;
  blocks: readonly Block[];
  /** How many of the oldest live records go. */
  cut: number;
  rules: RetentionRules;
  reader: LineReader;
  /** It helps, where there is one. */
  thread?: SecondThread | undefined;
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
  const { file, reader, thread, tick } = selection;
  const all = [...ranges(which, selection)];
  const blocks = all.flatMap(({ marked }) => marked ?? []);
  const ahead =
    thread && blocks.length > 0 ? await pickAhead(selection, blocks, thread) : undefined;
  try {
    for (const { start, end, marked, gathering } of all) {
      if (marked) {
        yield ahead ? await ahead.next() : pickBlock(file, marked, reader);
        await tick(end - start);
      } else if (gathering) yield* gathered(start, end, gathering, selection);
      else yield* assertLength(chunks(file, start, end, tick, reader.window), file, end - start);
    }
  } finally {
    ahead?.end();
  }
}

async function pickAhead(task: Selection, blocks: Marked[], thread: SecondThread) {
  const { PickAhead } = await import('./pick-ahead.js');
  return new PickAhead(task, blocks, thread);
}

/** Looks at each line once more. */
async function* gathered(
  start: number,
  end: number,
  gathering: Gathering,
  { file, reader, tick }: Selection,
): AsyncGenerator<Uint8Array> {
  reader.startAt(start, gathering);
  const source = chunks(file, start, end, tick, reader.window);
  for await (const chunk of assertLength(source, file, end - start)) {
    let piece: Uint8Array | undefined;
    reader.take(chunk.length, () => (piece = reader.gathered()));
    if (piece?.length) yield piece;
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
  /** The lines to take: those that the scan has marked, or of some categories; left out: all of them. */
  marked?: Marked;
  gathering?: Gathering;
}

/** Only a block in which some lines stay and others go is read line by line. The scan has marked those that no cut changes. */
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
    if (share !== 'some') continue;
    const marked = which === 'staying' && skip === 0 ? markedOf(block) : undefined;
    yield { start, end, ...(marked ? { marked } : { gathering: { categories, counting, skip } }) };
  }
  if (whole) yield whole;
}

/** undefined: nothing is marked, or this is but a part of what was scanned. */
function markedOf({ start, end, bytes, sums }: Block): Marked | undefined {
  const { marks } = sums;
  if (!marks || start !== sums.start || end !== sums.end) return undefined;
  const count = CATEGORIES.reduce((all, category) => all + sums.lines[category], 0);
  return { start, end, marks, lines: count, bytes: bytes.live + bytes.pinned };
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

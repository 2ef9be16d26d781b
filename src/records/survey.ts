import { LineScanner, type LineKind } from './scanner.js';

/** Large against a line, small against what is worth reading twice. */
const BLOCK_BYTES = 1 << 20;

/** What stays to be decided about a line, or is decided already (see retention/policy.ts). */
export type Standing = 'live' | 'pinned' | 'expired' | 'discarded' | 'blank';

/** Lines that came one after the other, summed up. */
export interface Block {
  start: number;
  end: number;
  /** Lines and bytes by standing. */
  lines: Record<Standing, number>;
  bytes: Record<Standing, number>;
}

export interface Survey {
  blocks: Block[];
  /** Behind the last complete line: what follows is unterminated, and never touched. */
  end: number;
  unreadable: number;
  undated: number;
  /** Records dated after `horizon`. */
  future: number;
  /** Timestamps of the oldest and newest dated record; NaN when there is none. */
  oldest: number;
  newest: number;
}

export interface SurveyOptions {
  /** Offset of the first byte; what is before it is blank. */
  from: number;
  standing: (kind: LineKind, timestamp: number) => Standing;
  /** Seconds since 1970; later timestamps are counted as `future`. */
  horizon: number;
}

/**
 * Reads a log once and sums it up in blocks of about 1 MiB. What is remembered grows with the
 * file by 1/10000 of it at most, however its lines alternate; the few blocks in which some lines stay
 * and some go are read a second time when they are copied.
 */
export async function survey(
  chunks: AsyncIterable<Uint8Array>,
  options: SurveyOptions,
): Promise<Survey> {
  const result: Survey = {
    blocks: [],
    end: options.from,
    unreadable: 0,
    undated: 0,
    future: 0,
    oldest: NaN,
    newest: NaN,
  };
  let block: Block | undefined;
  if (options.from > 0) result.blocks.push(blankBlock(options.from));
  const scanner = new LineScanner((kind, start, end, timestamp) => {
    if (!block || end - block.start > BLOCK_BYTES) {
      block = emptyBlock(start);
      result.blocks.push(block);
    }
    const standing = options.standing(kind, timestamp);
    block.end = end;
    block.lines[standing] += 1;
    block.bytes[standing] += end - start;
    if (kind === 'record') {
      if (!(timestamp >= result.oldest)) result.oldest = timestamp;
      if (!(timestamp <= result.newest)) result.newest = timestamp;
      if (timestamp > options.horizon) result.future += 1;
    } else if (kind === 'unreadable') result.unreadable += 1;
    else if (kind === 'undated') result.undated += 1;
  }, options.from);
  for await (const chunk of chunks) scanner.push(chunk);
  result.end = scanner.lineStart;
  return result;
}

function emptyBlock(start: number): Block {
  const zero = () => ({ live: 0, pinned: 0, expired: 0, discarded: 0, blank: 0 });
  return { start, end: start, lines: zero(), bytes: zero() };
}

function blankBlock(end: number): Block {
  const block = emptyBlock(0);
  block.end = end;
  block.lines.blank = 1;
  block.bytes.blank = end;
  return block;
}

// Finds the lines at the start of a log that all go, and the starts of lines.
import { readSync } from 'node:fs';
import { chunks, type OpenFile, type Tick } from '../files/read.js';
import { attempt } from '../errors/system-error.js';
import { LineScanner } from '../records/scanner.js';
import { lineStatus, type DroppedBy, type RetentionRules } from '../retention/policy.js';
import type { Block } from './block.js';
import type { Cut } from './cut.js';

const NEWLINE = 0x0a;

export interface LogHead {
  /** The first byte that stays. */
  keep: number;
  /** Readable records before it, and why they go. */
  dropped: number;
  droppedBy: DroppedBy;
  discarded: number;
}

/** Only the block that holds the first line that stays is read again. */
export async function findHead(
  file: OpenFile,
  blocks: readonly Block[],
  cut: Cut,
  rules: RetentionRules,
  tick: Tick,
): Promise<LogHead> {
  const head = { keep: 0, aged: 0, live: 0, discarded: 0 };
  for (const block of blocks) {
    const { lines } = block;
    if (lines.pinned > 0 || head.live + lines.live > cut.records) {
      await headInside(file, block, head, cut.records, rules, tick);
      break;
    }
    head.keep = block.end;
    head.aged += lines.expired;
    head.live += lines.live;
    head.discarded += lines.discarded;
  }
  const count = Math.min(head.live, cut.by.count);
  return {
    keep: head.keep,
    dropped: head.aged + head.live,
    droppedBy: { age: head.aged, count, size: head.live - count, free: 0 },
    discarded: head.discarded,
  };
}

async function headInside(
  file: OpenFile,
  block: Block,
  head: { keep: number; aged: number; live: number; discarded: number },
  cut: number,
  rules: RetentionRules,
  tick: Tick,
): Promise<void> {
  let over = false;
  const isOver = () => over;
  head.keep = block.start;
  const scanner = new LineScanner((kind, _start, end, timestamp) => {
    if (over) return;
    const what = lineStatus(kind, timestamp, rules);
    over = what === 'pinned' || (what === 'live' && head.live >= cut);
    if (over) return;
    head.keep = end;
    if (what === 'expired') head.aged += 1;
    else if (what === 'live') head.live += 1;
    else if (what === 'discarded') head.discarded += 1;
  }, block.start);
  for await (const chunk of chunks(file, block.start, block.end, tick)) {
    scanner.push(chunk);
    if (isOver()) return;
  }
}

const LOOK_BYTES = 1 << 16;

/** Where the last line begins that begins at or before `position`. */
export function lineStartBefore(file: OpenFile, position: number): number {
  const buffer = Buffer.allocUnsafe(LOOK_BYTES);
  for (let end = position; end > 0; end = Math.max(0, end - LOOK_BYTES)) {
    const from = Math.max(0, end - LOOK_BYTES);
    const read = attempt('read', file.path, () => readSync(file.fd, buffer, 0, end - from, from));
    const newline = buffer.subarray(0, read).lastIndexOf(NEWLINE);
    if (newline !== -1) return from + newline + 1;
  }
  return 0;
}

// Reads a log from its old end, only as far as asked, and sums up the lines that may go to free space.
import type { Tick } from '../files/read.js';
import type { LineReader } from '../records/line-reader.js';
import type { Sums } from '../records/sums.js';
import { lineStatus, type LineKind, type RetentionRules } from '../retention/policy.js';
import { blankBlock, blockOf, statusesOf, type Block, type LineStatuses } from './block.js';
import { lineStartBefore } from './head.js';
import { eachLine } from './each-line.js';
import type { OpenLog } from './open.js';
import { fillersOf } from './plan-head.js';
import { readAll } from './read-all.js';

export interface OldEndTask {
  log: OpenLog;
  rules: RetentionRules;
  /** Reads by the cutoff of the rules. */
  reader: LineReader;
  tick: Tick;
  /** Nobody appends to the file any more: its end ends its last line, too. */
  isClosed: boolean;
}

/** A line that stays. */
export interface Holding {
  /** Where it begins. */
  at: number;
  kind: LineKind;
  /** Of a record. */
  timestamp: number;
}

/** So much is read at a time. */
const STEP_BYTES = 8 << 20;
/** So much first, where one record is enough. */
const LOOK_BYTES = 1 << 16;

export class OldEnd {
  /** What was read, up to the first record that is too young. Nothing in it is live. */
  readonly blocks: Block[] = [];
  /** Bytes of the lines in it that may go. */
  going = 0;
  /** The first line in it that stays whatever its age is. */
  pinned: Holding | undefined;
  /** The record behind what was read that is too young: nothing behind it goes. */
  young: Holding | undefined;
  /** The file was read to its end. */
  isOver = false;
  readonly #task: OldEndTask;
  readonly #standings: LineStatuses;
  readonly #steps: AsyncGenerator<Block>;

  constructor(task: OldEndTask) {
    this.#task = task;
    this.#standings = statusesOf(task.rules);
    const fillers = fillersOf(task.log);
    if (fillers > 0) this.#add(blankBlock(fillers, this.#standings));
    this.#steps = this.#blocksFrom(fillers);
  }

  /** Where what was read ends. */
  get end(): number {
    return this.blocks.at(-1)?.end ?? 0;
  }

  /** Where the last complete line ends. */
  get lastLine(): number {
    const { log, isClosed } = this.#task;
    return isClosed ? log.stat.size : lineStartBefore(log, log.stat.size);
  }

  /** How far everything may go: up to the first line that stays. */
  get clear(): number {
    return this.pinned?.at ?? this.end;
  }

  /** Whether every line of the file may go. Reads all of it. */
  async mayAllGo(): Promise<boolean> {
    await this.readUntil(() => this.pinned !== undefined);
    return this.isOver && this.pinned === undefined;
  }

  /** Reads on until it is enough, or a record is too young, or the file ends. */
  async readUntil(isEnough: () => boolean): Promise<void> {
    while (!isEnough() && this.young === undefined) {
      const next = await this.#steps.next();
      if (next.done) {
        this.isOver = true;
        return;
      }
      await this.#take(next.value);
    }
  }

  /** The first end of a line before which so many bytes of lines may go, and how many that are; else all that may. */
  async cutAfter(bytes: number): Promise<{ keep: number; going: number }> {
    if (bytes > this.going) return { keep: this.end, going: this.going };
    let going = 0;
    for (const block of this.blocks) {
      const through = going + goingIn(block);
      if (through < bytes) {
        going = through;
        continue;
      }
      let keep = block.start;
      await eachLine(this.#task.log, block, this.#task.tick, (kind, start, end, timestamp) => {
        if (going >= bytes || this.#stays(kind, timestamp)) return;
        going += end - start;
        keep = end;
      });
      return { keep, going };
    }
    return { keep: 0, going: 0 };
  }

  /** What was read, up to an end of a line. */
  async blocksTo(end: number): Promise<Block[]> {
    const blocks = this.blocks.filter((block) => block.end <= end);
    const cut = this.blocks.find((block) => block.start < end && end < block.end);
    return cut ? [...blocks, ...(await this.#sumUp(cut.start, end))] : blocks;
  }

  /** Whether a readable record begins at or behind a start of a line. Reads on from there to the first. */
  async hasRecordFrom(start: number): Promise<boolean> {
    if (this.young) return true;
    for await (const { sums } of this.#blocksFrom(start, LOOK_BYTES)) {
      const { live, expired, undated } = sums.lines;
      if (live + expired + undated > 0) return true;
    }
    return false;
  }

  async #take(block: Block): Promise<void> {
    if (block.lines.live === 0) {
      await this.#notePinned(block);
      this.#add(block);
      return;
    }
    const young = await this.#first(block, 'live');
    for (const before of await this.#sumUp(block.start, young.at)) await this.#take(before);
    this.young = young;
  }

  async #notePinned(block: Block): Promise<void> {
    if (block.lines.pinned > 0) this.pinned ??= await this.#first(block, 'pinned');
  }

  #add(block: Block): void {
    this.blocks.push(block);
    this.going += goingIn(block);
  }

  async #first(block: Block, status: 'live' | 'pinned'): Promise<Holding> {
    const { log, rules, tick } = this.#task;
    let found: Holding | undefined;
    await eachLine(log, block, tick, (kind, at, _end, timestamp) => {
      if (lineStatus(kind, timestamp, rules) === status) found ??= { at, kind, timestamp };
    });
    return found!;
  }

  #stays(kind: LineKind, timestamp: number): boolean {
    return ['live', 'pinned'].includes(lineStatus(kind, timestamp, this.#task.rules));
  }

  async #sumUp(from: number, to: number): Promise<Block[]> {
    const sums = await this.#sumsOf(from, to);
    return sums.map((one) => blockOf(one, this.#standings));
  }

  /** A line that is longer than a step is read whole, by longer and longer steps. */
  async *#blocksFrom(start: number, least = STEP_BYTES): AsyncGenerator<Block> {
    const { size } = this.#task.log.stat;
    let step = least;
    for (let at = start; at < size;) {
      const to = Math.min(at + step, size);
      const blocks = await this.#sumUp(at, to);
      yield* blocks;
      const read = blocks.at(-1)?.end ?? at;
      if (to === size) return;
      step = read === at ? step * 2 : STEP_BYTES;
      at = read;
    }
  }

  async #sumsOf(from: number, to: number): Promise<Sums[]> {
    const { log, reader, tick, isClosed } = this.#task;
    const sums = await readAll({ file: log, from, to, reader, tick });
    if (isClosed && to === log.stat.size) reader.finish((one) => sums.push(one));
    return sums;
  }
}

/** Bytes of the lines of a block that go, or go along. */
function goingIn({ bytes }: Block): number {
  return bytes.expired + bytes.discarded + bytes.blank;
}

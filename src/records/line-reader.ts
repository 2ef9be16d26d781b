// Splits the bytes that are read of a log into lines, and sums the lines up by category.
import { CATEGORIES, maskOf, type Category, type Kernel } from './kernel/kernel.js';
import { makeKernel } from './kernel/make-kernel.js';
import { LineScanner, type LineKind } from './scanner.js';
import { noSums, type Sums } from './sums.js';

/** Seconds since 1970. */
export interface Instants {
  /** Records with a timestamp below this have expired; -Infinity: none has. */
  cutoff: number;
  /** Records dated later are counted as `future`. */
  horizon: number;
}

/** Lines of `categories` are gathered. For the first `skip` lines of `counting` that choice is reversed. */
export interface Gathering {
  categories: readonly Category[];
  counting: readonly Category[];
  skip: number;
}

/** A block of which only the marked lines are wanted: the number of all its lines, and the bytes of those. */
export interface Marked {
  start: number;
  end: number;
  marks: Uint8Array;
  lines: number;
  bytes: number;
}

/** So many bytes of marks are kept at most, for as many megabytes of a log as there are bytes in a line. */
const MARKS_BYTES = 4 << 20;

/** Reads that begin in a page of memory where they begin in a page of the file are fast. */
const PAGE_BYTES = 4096;

/** A line as the exact scanner sees it. */
interface Line {
  kind: LineKind;
  timestamp: number;
}

/** A line that is longer than the window. `line` is set when it has ended. */
interface LongLine {
  scanner: LineScanner;
  start: number;
  line?: Line;
}

/** Timestamps beyond this are clamped to it: doubles that are larger have no whole seconds. */
const FAR = 9e15;

const NEWLINE = 0x0a;

/**
 * The kernel decides most lines. The exact scanner decides the others: it is several times slower, and agrees with the
 * kernel. A line may have any length: one that is longer than the window is summed up on its own.
 */
export class LineReader {
  /** The caller reads the bytes of the log into this. */
  readonly window: Buffer;

  readonly #kernel: Kernel;
  readonly #instants: Instants;
  readonly #data: number;
  readonly #limit: number;
  /** Offset in the log after the last byte taken. */
  #offset = 0;
  /** Bytes of a line that a read cut in two. They lie just below the window. */
  #held = 0;
  #long: LongLine | undefined;
  #gathering = false;
  #gatheredFrom = 0;
  #marking = 0;
  /** So many bytes of marks may still be made. */
  #room = MARKS_BYTES;

  constructor(instants: Instants, kernel = makeKernel()) {
    this.#kernel = kernel;
    this.#instants = instants;
    this.#data = kernel.data.value;
    this.#limit = kernel.dataBytes.value;
    this.window = kernel.bytes.subarray(this.#data, this.#data + this.#limit);
    kernel.configure(clamp(instants.cutoff), clamp(instants.horizon));
  }

  /** Why the exact scanner decides all lines; undefined: it does not. */
  get exactBecause(): string | undefined {
    return this.#kernel.exactBecause;
  }

  /** Offset of the first byte that belongs to no whole line yet. */
  get lineStart(): number {
    return this.#long?.start ?? this.#offset - this.#held;
  }

  /** Starts over at `offset`, where a line of the log begins. `marked`: the sums say which lines are of these categories. */
  startAt(offset: number, gathering?: Gathering, marked: readonly Category[] = []): void {
    this.#offset = offset;
    this.#held = 0;
    this.#long = undefined;
    this.#gathering = gathering !== undefined;
    const { categories = [], counting = [], skip = 0 } = gathering ?? {};
    this.#kernel.gather(maskOf(categories), maskOf(counting), skip);
    this.#marking = maskOf(marked);
    this.#kernel.mark?.(this.#marking);
  }

  /** Takes the first `length` bytes of the window, and passes on the sums of the lines that end in them. */
  take(length: number, onSums: (sums: Sums) => void): void {
    const end = this.#data + length;
    const begun = this.#data - this.#held;
    this.#offset += length;
    const from = this.#isLong(length) ? this.#takeLong(begun, end, onSums) : begun;
    const last = from < end ? this.#kernel.bytes.lastIndexOf(NEWLINE, end - 1) : -1;
    const whole = Math.max(from, last + 1);
    if (whole > from) onSums(this.#takeWhole(from, whole, this.#offset - (end - from)));
    if (this.#long && whole === end) return;
    this.#hold(whole, end);
  }

  /** Counts the bytes after the last newline as a line: the end of the file has ended it. */
  finish(onSums: (sums: Sums) => void): void {
    if (this.#held === 0 && !this.#long) return;
    this.window[0] = NEWLINE;
    this.take(1, (sums) => {
      sums.end -= 1;
      for (const category of CATEGORIES) if (sums.lines[category] > 0) sums.bytes[category] -= 1;
      onSums(sums);
    });
  }

  /** The gathered bytes of the lines of the last sums. They are valid until the next `take`. */
  gathered(): Buffer {
    return this.#kernel.bytes.subarray(this.#gatheredFrom, this.#kernel.gathered());
  }

  /** The bytes of the block `[start, end)` are to be read into this, for `pick`. */
  room({ start, end }: Pick<Sums, 'start' | 'end'>): Buffer {
    const from = this.#kernel.block!.value + (start % PAGE_BYTES);
    return this.#kernel.bytes.subarray(from, from + end - start);
  }

  /** The marked lines of a block that was read into `room`; undefined: it does not hold what was summed up. */
  pick(block: Marked, room: Buffer): Buffer | undefined {
    const { bytes, marks } = this.#kernel;
    bytes.set(block.marks, marks!.value);
    const lines = this.#kernel.pick!(room.byteOffset, room.byteOffset + room.length);
    this.#gatheredFrom = room.byteOffset;
    const picked = this.gathered();
    return lines === block.lines && picked.length === block.bytes ? picked : undefined;
  }

  #hold(from: number, end: number): void {
    this.#held = end - from;
    this.#kernel.bytes.copyWithin(this.#data - this.#held, from, end);
  }

  /** Whether the current line is too long for the space below the window. */
  #isLong(length: number): boolean {
    if (this.#long) return true;
    const newline = this.window.subarray(0, length).indexOf(NEWLINE);
    return this.#held + (newline === -1 ? length : newline) >= this.#limit;
  }

  /** Takes the next piece of a long line. Returns the address after the line, or `end` when it goes on. */
  #takeLong(from: number, end: number, onSums: (sums: Sums) => void): number {
    const { bytes } = this.#kernel;
    const newline = bytes.subarray(this.#data, end).indexOf(NEWLINE);
    const until = newline === -1 ? end : this.#data + newline + 1;
    const long = (this.#long ??= this.#startLong(from, end));
    const { scanner, start } = long;
    scanner.push(bytes.subarray(from, until));
    this.#held = 0;
    if (newline === -1) return end;
    const line = long.line!;
    this.#long = undefined;
    const sums = noSums(start);
    const category = this.#categoryOf(line);
    sums.end = this.#offset - (end - until);
    sums.lines[category] = 1;
    sums.bytes[category] = sums.longest = sums.end - start;
    if (line.kind === 'record') sums.oldest = sums.newest = wholeSeconds(line.timestamp);
    sums.future = line.timestamp > this.#instants.horizon ? 1 : 0;
    onSums(sums);
    return until;
  }

  #startLong(from: number, end: number): LongLine {
    const kernel = this.#kernel;
    const long: LongLine = {
      start: this.#offset - (end - from),
      scanner: new LineScanner(
        (kind, _start, _end, timestamp) => (long.line = { kind, timestamp }),
        0,
        (chunk, at) =>
          kernel.skipPlain(chunk.byteOffset + at, chunk.byteOffset + chunk.length) -
          chunk.byteOffset,
      ),
    };
    return long;
  }

  #takeWhole(from: number, to: number, start: number): Sums {
    const kernel = this.#kernel;
    kernel.begin();
    this.#gatheredFrom = from;
    if (this.#gathering) kernel.gatherAt(from);
    let future = 0;
    for (let at = kernel.scan(from, to); at < to; at = kernel.scan(at, to)) {
      const next = kernel.bytes.indexOf(NEWLINE, at) + 1;
      const line = exactly(kernel.bytes.subarray(at, next));
      kernel.account(at, next, CATEGORIES.indexOf(this.#categoryOf(line)));
      if (line.kind === 'record') kernel.see(BigInt(wholeSeconds(line.timestamp)));
      if (line.timestamp > this.#instants.horizon) future += 1;
      at = next;
    }
    return this.#sumsOf(start, start + to - from, future);
  }

  #sumsOf(start: number, end: number, future: number): Sums {
    const { words, tallies, oldest, newest, longest, future: beyond } = this.#kernel;
    const sums = noSums(start);
    sums.end = end;
    for (const [index, category] of CATEGORIES.entries()) {
      sums.lines[category] = words[tallies.value / 4 + index * 2]!;
      sums.bytes[category] = words[tallies.value / 4 + index * 2 + 1]!;
    }
    if (sums.lines.live + sums.lines.expired > 0) {
      sums.oldest = Number(oldest.value);
      sums.newest = Number(newest.value);
    }
    sums.future = beyond.value + future;
    sums.longest = longest.value;
    this.#addMarks(sums);
    return sums;
  }

  /** Where some lines are marked and others are not, and there is room. */
  #addMarks(sums: Sums): void {
    const { marks, bytes } = this.#kernel;
    if (this.#marking === 0 || !marks) return;
    let [some, others] = [0, 0];
    for (const [index, category] of CATEGORIES.entries()) {
      if (((this.#marking >> index) & 1) === 1) some += sums.lines[category];
      else others += sums.lines[category];
    }
    const length = (some + others + 7) >> 3;
    if (some === 0 || others === 0 || length > this.#room) return;
    this.#room -= length;
    sums.marks = Uint8Array.from(bytes.subarray(marks.value, marks.value + length));
  }

  #categoryOf({ kind, timestamp }: Line): Category {
    if (kind !== 'record') return kind;
    return timestamp < this.#instants.cutoff ? 'expired' : 'live';
  }
}

let found: Line;
const exact = new LineScanner((kind, _start, _end, timestamp) => (found = { kind, timestamp }));

function exactly(line: Uint8Array): Line {
  exact.push(line);
  return found;
}

function wholeSeconds(timestamp: number): number {
  return Math.floor(clamp(timestamp));
}

function clamp(seconds: number): number {
  return Math.max(-FAR, Math.min(FAR, seconds));
}

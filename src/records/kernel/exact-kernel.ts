// A kernel without WebAssembly: it leaves every line to the exact scanner, and only counts and gathers lines.
import { skipPlain } from '../scanner.js';
import { CATEGORIES, type Kernel } from './kernel.js';

const WINDOW_BYTES = 1 << 20;

/** Counts and gathers as assembly/index.ts does. */
export class ExactKernel implements Kernel {
  readonly bytes = Buffer.from(new ArrayBuffer(2 * WINDOW_BYTES));
  readonly words = new Uint32Array(CATEGORIES.length * 2);
  readonly data = { value: WINDOW_BYTES };
  readonly dataBytes = { value: WINDOW_BYTES };
  readonly tallies = { value: 0 };
  readonly oldest = { value: 0n };
  readonly newest = { value: 0n };
  /** Always 0: the caller counts the lines beyond the horizon. */
  readonly future = { value: 0 };
  readonly longest = { value: 0 };

  #wanted = 0;
  #counting = 0;
  #skips = 0;
  #seen = false;
  #output = 0;
  #runStart = 0;
  #runEnd = 0;

  constructor(readonly exactBecause: string) {}

  /** Does nothing: the caller decides which lines have expired. */
  configure(): void {}

  begin(): void {
    this.words.fill(0);
    this.longest.value = 0;
    this.#seen = false;
  }

  gather(mask: number, counting: number, skip: number): void {
    this.#wanted = mask;
    this.#counting = counting;
    this.#skips = skip;
  }

  gatherAt(address: number): void {
    this.#output = this.#runStart = this.#runEnd = address;
  }

  gathered(): number {
    this.#flush();
    return this.#output;
  }

  scan(from: number): number {
    return from;
  }

  skipPlain(from: number, to: number): number {
    return skipPlain(this.bytes.subarray(0, to), from);
  }

  account(start: number, end: number, category: number): void {
    const bytes = end - start;
    this.words[category * 2]! += 1;
    this.words[category * 2 + 1]! += bytes;
    this.longest.value = Math.max(this.longest.value, bytes);
    if (this.#keeps(1 << category)) this.#keep(start, end);
  }

  see(seconds: bigint): void {
    if (!this.#seen || seconds < this.oldest.value) this.oldest.value = seconds;
    if (!this.#seen || seconds > this.newest.value) this.newest.value = seconds;
    this.#seen = true;
  }

  #keeps(category: number): boolean {
    const wanted = (this.#wanted & category) !== 0;
    if (this.#skips === 0 || (this.#counting & category) === 0) return wanted;
    this.#skips -= 1;
    return !wanted;
  }

  #keep(start: number, end: number): void {
    if (this.#runEnd !== start) {
      this.#flush();
      this.#runStart = start;
    }
    this.#runEnd = end;
  }

  #flush(): void {
    this.bytes.copyWithin(this.#output, this.#runStart, this.#runEnd);
    this.#output += this.#runEnd - this.#runStart;
    this.#runStart = this.#runEnd;
  }
}

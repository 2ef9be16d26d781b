import { skipPlain } from '../scanner.js';
import { CATEGORIES, type Kernel } from './kernel.js';

const WINDOW_BYTES = 1 << 20;

/**
 * A kernel without WebAssembly. Every line is one for the exact path, so it knows no JSON: it only counts
 * and gathers what it is told of, in the way of assembly/index.ts.
 */
export class ExactKernel implements Kernel {
  readonly bytes = Buffer.from(new ArrayBuffer(2 * WINDOW_BYTES));
  readonly words = new Uint32Array(CATEGORIES.length * 2);
  readonly data = { value: WINDOW_BYTES };
  readonly dataBytes = { value: WINDOW_BYTES };
  readonly tallies = { value: 0 };
  readonly oldest = { value: 0n };
  readonly newest = { value: 0n };
  /** It sees no line beyond the horizon on its own. */
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

  /** What has expired is up to the caller, who looks at each line. */
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

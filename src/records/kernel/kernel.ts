import { WASM } from './wasm.js';

/** What a line is; the kernel counts by these. The order is that of its memory (assembly/layout.ts). */
export const CATEGORIES = ['live', 'expired', 'undated', 'unreadable', 'blank'] as const;

export type Category = (typeof CATEGORIES)[number];

interface Exports {
  memory: WebAssembly.Memory;
  data: WebAssembly.Global<number>;
  dataBytes: WebAssembly.Global<number>;
  tallies: WebAssembly.Global<number>;
  oldest: WebAssembly.Global<bigint>;
  newest: WebAssembly.Global<bigint>;
  future: WebAssembly.Global<number>;
  longest: WebAssembly.Global<number>;
  configure(cutoff: number, horizon: number): void;
  begin(): void;
  gather(mask: number, counting: number, skip: number): void;
  gatherAt(address: number): void;
  gathered(): number;
  scan(from: number, to: number): number;
  skipPlain(from: number, to: number): number;
  account(start: number, end: number, category: number): void;
  see(seconds: bigint): void;
}

export type Kernel = Exports & {
  /** The whole of its memory. */
  bytes: Buffer;
  words: Uint32Array;
};

let compiled: WebAssembly.Module | undefined;

/** A kernel with memory of its own, 3 MiB. */
export function makeKernel(): Kernel {
  compiled ??= new WebAssembly.Module(Buffer.from(WASM, 'base64'));
  const { exports } = new WebAssembly.Instance(compiled);
  const kernel = exports as Exports;
  const { buffer } = kernel.memory;
  return { ...kernel, bytes: Buffer.from(buffer), words: new Uint32Array(buffer) };
}

/** A set of categories, as the kernel takes it: a bit each. */
export function maskOf(categories: readonly Category[]): number {
  return categories.reduce((mask, category) => mask | (1 << CATEGORIES.indexOf(category)), 0);
}

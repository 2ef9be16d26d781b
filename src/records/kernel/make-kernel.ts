// Makes a kernel: in WebAssembly where possible, else one that leaves all lines to the exact scanner.
import { ExactKernel } from './exact-kernel.js';
import type { Kernel } from './kernel.js';
import { webAssemblyKernel } from './web-assembly.js';

export function makeKernel(): Kernel {
  try {
    return webAssemblyKernel();
  } catch (error) {
    return new ExactKernel(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  if (typeof WebAssembly === 'undefined') return 'this Node runs without it';
  if (error instanceof RangeError) return 'no memory can be reserved for it, see ulimit -v';
  return error instanceof Error ? error.message : String(error);
}

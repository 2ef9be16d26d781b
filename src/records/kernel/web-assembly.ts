// Instantiates the compiled WebAssembly kernel.
import type { Kernel } from './kernel.js';
import { WASM } from './wasm.js';

type Exports = Omit<Kernel, 'bytes' | 'words'> & { memory: WebAssembly.Memory };

let compiled: WebAssembly.Module | undefined;

/** @throws where WebAssembly is missing, or gets no memory: each kernel takes 3 MiB. */
export function webAssemblyKernel(): Kernel {
  const module = compiled ?? new WebAssembly.Module(Buffer.from(WASM, 'base64'));
  const { exports } = new WebAssembly.Instance(module);
  compiled = module;
  const kernel = exports as Exports;
  const { buffer } = kernel.memory;
  return { ...kernel, bytes: Buffer.from(buffer), words: new Uint32Array(buffer) };
}

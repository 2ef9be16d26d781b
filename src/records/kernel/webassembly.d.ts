/** What papyra uses of WebAssembly: Node's types have only its names. */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  const Module: new (bytes: Uint8Array) => Module;
  const Instance: new (module: Module) => { readonly exports: unknown };
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  interface Global<T> {
    readonly value: T;
  }
}

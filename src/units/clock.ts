/**
 * Milliseconds on a clock that never jumps. Node's `performance` says the same, and takes 4 ms to load.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

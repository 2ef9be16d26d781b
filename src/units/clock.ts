// Reads a clock that never jumps.
/** Milliseconds. Node's `performance` has the same clock, but takes 4 ms to load. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

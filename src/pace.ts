import { setImmediate } from 'node:timers/promises';
import { interruption } from './errors.js';

/** Signal handlers and timers wait for synchronous work; this often they get their turn. */
const YIELD_MS = 50;

/**
 * Makes the callback for after each piece of work: passes on progress, stops when asked to, and lets
 * the event loop turn every 50 ms.
 */
export function pace(
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): (bytes: number) => Promise<void> | undefined {
  let last = performance.now();
  return (bytes) => {
    onBytes(bytes);
    if (signal?.aborted) throw interruption(signal);
    if (performance.now() - last < YIELD_MS) return undefined;
    return setImmediate().then(() => {
      last = performance.now();
      if (signal?.aborted) throw interruption(signal);
    });
  };
}

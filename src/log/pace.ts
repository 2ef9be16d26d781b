import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../units/clock.js';
import { interruption } from '../errors/errors.js';
import type { Tick } from '../files/read.js';

/** Signal handlers and timers wait for synchronous work; this often they get their turn. */
const YIELD_MS = 50;
/** A throttled run looks this often whether it should stop. */
const NAP_MS = 200;

export interface PaceOptions {
  signal?: AbortSignal | undefined;
  /** Bytes read and written in a second, at most. */
  limitRate?: number | undefined;
}

/**
 * The pace of one run: it stops when asked to, lets the event loop turn every 50 ms, and keeps to the
 * rate. Each phase gets a callback of its own that passes its bytes on; the rate is that of the run.
 */
export function pace({ signal, limitRate }: PaceOptions): (onBytes?: (n: number) => void) => Tick {
  const began = monotonicMs();
  let moved = 0;
  let last = began;

  const turn = async (): Promise<void> => {
    await setImmediate();
    for (let ahead = aheadMs(); ahead > 0; ahead = aheadMs()) {
      if (signal?.aborted) break;
      await sleep(Math.min(ahead, NAP_MS));
    }
    if (signal?.aborted) throw interruption(signal);
    last = monotonicMs();
  };
  const aheadMs = (): number =>
    limitRate === undefined ? 0 : (1000 * moved) / limitRate - (monotonicMs() - began);

  return (onBytes) => (bytes) => {
    moved += bytes;
    onBytes?.(bytes);
    if (signal?.aborted) throw interruption(signal);
    return monotonicMs() - last < YIELD_MS && aheadMs() <= 0 ? undefined : turn();
  };
}

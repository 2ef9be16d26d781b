// Stops a run on request, gives the event loop its turns, and keeps to --limit-rate.
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../units/clock.js';
import { interruption } from '../errors/errors.js';
import type { Tick } from '../files/read.js';

/** Signal handlers and timers wait for synchronous work: they get a turn this often. */
const YIELD_MS = 50;
/** A throttled run checks this often whether it should stop. */
const NAP_MS = 200;

export interface PaceOptions {
  signal?: AbortSignal | undefined;
  /** Bytes read and written per second, at most. */
  limitRate?: number | undefined;
}

/** Each phase gets a callback of its own, which passes its bytes on to `onBytes`; the rate is that of the whole run. */
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

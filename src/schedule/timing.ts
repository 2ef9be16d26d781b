// Computes how long a scheduled run waits for another one, and how systemd delays and repeats its starts.
const LONGEST = { lockWait: 600, jitter: 900, restart: 600 };

/** In seconds. */
export function lockWaitFor(everySeconds: number): number {
  return Math.min(LONGEST.lockWait, everySeconds / 6);
}

/** In seconds, but for `burst`. */
export interface ServiceTiming {
  /** A start is delayed by at most this. */
  jitter: number;
  /** The pause between a failed run and the next try. */
  restart: number;
  /** More starts than `burst` within `limit` of the first one are refused: the unit has failed. */
  limit: number;
  burst: number;
}

/**
 * Three tries and the refusal of a fourth must fit into `limit`: they do when a failing run takes up to a fifth of the
 * interval, as 3 × (1/5 + 1/12) is less than 9/10. And `limit` must be over when the timer starts the next run, which
 * may come earlier by the jitter, a twelfth of the interval.
 */
export function serviceTiming(everySeconds: number): ServiceTiming {
  return {
    jitter: Math.min(LONGEST.jitter, everySeconds / 12),
    restart: Math.min(LONGEST.restart, everySeconds / 12),
    limit: (everySeconds * 9) / 10,
    burst: 3,
  };
}

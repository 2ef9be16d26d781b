const LONGEST = { lockWait: 600, jitter: 900, restart: 600 };

/** Seconds for which a run on files waits for another one. */
export function lockWaitFor(everySeconds: number): number {
  return Math.min(LONGEST.lockWait, everySeconds / 6);
}

/** How systemd spreads and repeats the starts of a service, in seconds. */
export interface ServiceTiming {
  /** A start comes up to so much late. */
  jitter: number;
  /** Between a run that failed and the next try. */
  restart: number;
  /** More starts than `burst` within `limit` of the first one are refused: the unit has failed. */
  limit: number;
  burst: number;
}

/**
 * Three tries and the refusal of a fourth must fit into the limit, so a failing run may take up to a fifth
 * of the interval: 3 × (1/5 + 1/12) is less than 9/10. And the limit must be over when the timer starts the
 * next run, which jitter may bring forward by a twelfth.
 */
export function serviceTiming(everySeconds: number): ServiceTiming {
  return {
    jitter: Math.min(LONGEST.jitter, everySeconds / 12),
    restart: Math.min(LONGEST.restart, everySeconds / 12),
    limit: (everySeconds * 9) / 10,
    burst: 3,
  };
}

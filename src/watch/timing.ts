// Says when a store is compacted next: on a grid of times that does not drift, or later when it fails.
const MINUTE_MS = 60_000;
/** A store that fails is tried again at least this often, unless its interval is longer. */
const LONGEST_RETRY_MS = 15 * MINUTE_MS;
/** Redis is trimmed this often at least: what expires in so short a time is few nodes, so each XTRIM is small. */
const REDIS_MS = 5000;

/** `everyMs`: what the operator asked for, or what the retention does. */
export function intervalFor(backend: string, everyMs: number): number {
  return backend === 'redis' ? Math.min(everyMs, REDIS_MS) : everyMs;
}

/** The first time after `now` that is `due` plus a multiple of the interval. A run that took longer leaves times out. */
export function nextOnGrid(due: number, everyMs: number, now: number): number {
  return due + everyMs * Math.max(0, Math.floor((now - due) / everyMs) + 1);
}

/** The pause after so many failures in a row: a minute, or the interval when that is shorter, doubled each time. */
export function retryAfter(failures: number, everyMs: number): number {
  const first = Math.min(everyMs, MINUTE_MS);
  return Math.min(first * 2 ** (failures - 1), Math.max(everyMs, LONGEST_RETRY_MS));
}

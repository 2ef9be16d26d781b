import { entries, timeOf, timestampOf } from './entries.js';
import { idAfter, idAt, isBefore, secondsOf } from './ids.js';
import type { Session } from './session.js';

/** What an age limit takes from a stream. */
export interface AgeCut {
  /** Every entry before this id has expired. */
  before: string;
  /** Expired entries found behind a live one: only the head can go. */
  behind: string[];
}

/** An id is the server's clock, `timestamp` the writer's: so far apart they may be without being looked at. */
const MIN_SKEW_SECONDS = 60;
const SAMPLE = 50;

/**
 * Finds the first live entry. Neither clock is always ahead, so the ids say only where to look: entries of
 * ids around the cutoff are read, twice as far as the clocks were seen to differ there.
 */
export async function ageCut(
  session: Session,
  key: string,
  { first, last }: { first: string; last: string },
  cutoff: number,
): Promise<AgeCut> {
  const apart = Math.max(MIN_SKEW_SECONDS, 2 * (await skewAt(session, key, cutoff, first)));
  const zoneStart = idAt(cutoff - apart);
  const zoneEnd = idAt(cutoff + apart);
  const from = isBefore(zoneStart, first) ? first : zoneStart;
  let before: string | undefined;
  const behind: string[] = [];
  for await (const entry of entries(session, key, { from, to: last })) {
    const live = timeOf(entry) >= cutoff;
    if (live) before ??= entry.id;
    if (before === undefined) continue;
    if (!live) behind.push(entry.id);
    if (!isBefore(entry.id, zoneEnd)) break;
  }
  return { before: before ?? idAfter(last), behind };
}

/** Seconds by which the two clocks differ around the cutoff, at most. */
async function skewAt(
  session: Session,
  key: string,
  cutoff: number,
  first: string,
): Promise<number> {
  const at = idAt(cutoff);
  let most = 0;
  const look = async (range: Parameters<typeof entries>[2]): Promise<void> => {
    for await (const entry of entries(session, key, { ...range, limit: SAMPLE })) {
      const timestamp = timestampOf(entry);
      if (timestamp === undefined) continue;
      most = Math.max(most, Math.abs(secondsOf(entry.id) - timestamp));
    }
  };
  await look({ from: at, to: '+' });
  // Below its first entry the server would search the whole stream.
  if (isBefore(first, at)) await look({ from: at, to: first, newestFirst: true });
  return most;
}

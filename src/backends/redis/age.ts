// Finds where the age limit cuts a stream, although ids and records are dated by different clocks.
import { entries, timeOf, timestampOf, type Range } from './entries.js';
import { idAfter, idAt, idValue, isBefore, secondsOf } from './ids.js';
import type { StreamLocation } from './nodes.js';
import type { Session } from './session.js';

/** What an age limit takes from a stream. */
export interface AgeCut {
  /** Every entry before this id has expired. */
  before: string;
  /** Ids of expired entries seen behind a live one: only the head can go. */
  behind: string[];
}

/** An id has the server's clock, `timestamp` the writer's. They are taken to differ by so much at least. */
const MIN_SKEW_SECONDS = 60;
/** Number of places in which the clocks are compared, and the entries and bytes that are read in each. */
const PROBES = 20;
const SAMPLE = 25;
const SAMPLE_BYTES = 256 * 1024;

/**
 * Finds the first live entry. Neither clock is always ahead, so the ids say only where to look: all entries are read
 * whose ids are as close to the cutoff as twice the largest difference of the clocks that was seen.
 */
export async function ageCut(
  session: Session,
  place: StreamLocation,
  { first, last }: { first: string; last: string },
  cutoff: number,
): Promise<AgeCut> {
  const apart = Math.max(MIN_SKEW_SECONDS, 2 * (await skewBefore(session, place, cutoff, first)));
  const zoneStart = idAt(cutoff - apart);
  const zoneEnd = idAt(cutoff + apart);
  const from = isBefore(zoneStart, first) ? first : zoneStart;
  let before: string | undefined;
  const behind: string[] = [];
  for await (const entry of entries(session, place, { from, to: last })) {
    const live = timeOf(entry) >= cutoff;
    if (live) before ??= entry.id;
    if (before === undefined) continue;
    if (!live) behind.push(entry.id);
    if (!isBefore(entry.id, zoneEnd)) break;
  }
  return { before: before ?? idAfter(last), behind };
}

/** The largest difference of the two clocks in seconds, in places between the first entry and the cutoff. */
async function skewBefore(
  session: Session,
  place: StreamLocation,
  cutoff: number,
  first: string,
): Promise<number> {
  const at = idAt(cutoff);
  let most = 0;
  const look = async (range: Range): Promise<void> => {
    let bytes = 0;
    for await (const entry of entries(session, place, { ...range, limit: SAMPLE })) {
      if (bytes > SAMPLE_BYTES) break;
      bytes += entry.data?.length ?? 0;
      const timestamp = timestampOf(entry);
      if (timestamp === undefined) continue;
      most = Math.max(most, Math.abs(secondsOf(entry.id) - timestamp));
    }
  };
  await look({ from: at, to: '+' });
  // For ids below the first entry the server would search the whole stream.
  if (!isBefore(first, at)) return most;
  await look({ from: at, to: first, newestFirst: true });
  const span = idValue(at) - idValue(first);
  for (let probe = 0; probe < PROBES; probe++) {
    const value = idValue(first) + (span * BigInt(probe)) / BigInt(PROBES);
    await look({ from: `${value >> 64n}-0`, to: at });
  }
  return most;
}

// Finds where the limits of size and count cut a stream, by a walk back from its newest entry.
import { entries, timeOf } from './entries.js';
import { idAfter } from './ids.js';
import type { StreamLocation } from './nodes.js';
import type { Session } from './session.js';

/** Returns the id before which every entry goes; null: all stay. Entries that have expired by age do not count. */
export async function tailCut(
  session: Session,
  place: StreamLocation,
  { oldest, newest }: { oldest: string; newest: string },
  limits: { cutoff: number; maxBytes: number; maxRecords: number },
): Promise<string | null> {
  const { cutoff, maxBytes, maxRecords } = limits;
  let bytes = 0;
  let records = 0;
  let kept = idAfter(newest);
  const range = { from: newest, to: oldest, newestFirst: true };
  for await (const entry of entries(session, place, range)) {
    if (timeOf(entry) < cutoff) continue;
    if (records === maxRecords) return kept;
    bytes += entry.data?.length ?? 0;
    if (bytes > maxBytes) return kept;
    records += 1;
    kept = entry.id;
  }
  return null;
}

import { entries } from './entries.js';
import { idAfter } from './ids.js';
import type { Session } from './session.js';

export interface TailCut {
  /** Every live entry before this id goes. */
  before: string;
  by: 'count' | 'size';
}

/**
 * Walks back from the newest entry while `maxBytes` of data, and `maxRecords`, last: what is older goes.
 * null: all of it stays. Expired entries in between take no place.
 */
export async function tailCut(
  session: Session,
  key: string,
  { oldest, newest, behind }: { oldest: string; newest: string; behind: ReadonlySet<string> },
  { maxBytes, maxRecords }: { maxBytes: number; maxRecords: number },
): Promise<TailCut | null> {
  let bytes = 0;
  let records = 0;
  let kept = idAfter(newest);
  for await (const { id, data } of entries(session, key, {
    from: newest,
    to: oldest,
    newestFirst: true,
  })) {
    // prettier-ignore
    if (behind.has(id)) continue;
    if (records === maxRecords) return { before: kept, by: 'count' };
    bytes += data?.length ?? 0;
    if (bytes > maxBytes) return { before: kept, by: 'size' };
    records += 1;
    kept = id;
  }
  return null;
}

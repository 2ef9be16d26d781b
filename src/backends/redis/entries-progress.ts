// Tells how far a run over the entries of a store is.
import type { Progress, ReadRequest } from '../backend.js';

/** To be called with entries that are done. `total` may be an estimate: more than all is never told. */
export function entriesProgress(
  phase: Progress['phase'],
  total: number,
  { onProgress }: Pick<ReadRequest, 'onProgress'>,
): (entries: number) => void {
  let done = 0;
  return (entries) => {
    done += entries;
    onProgress?.({ phase, unit: 'entries', done, total: Math.max(total, done) });
  };
}

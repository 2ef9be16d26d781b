// Whether a record of the store was listed already, from an archive.
import type { StoredRecord } from '../backends/listing.js';

/** For each pass over the store anew. `place`: where else the same bytes would be another record. */
export type Known = () => (record: Pick<StoredRecord, 'bytes'>, place?: string) => boolean;

export const NONE_KNOWN: Known = () => () => false;

// Decides which records have expired, by age, count and size. It does no I/O and reads no clock.
/**
 * Three limits, each optional, applied in this order over the log in append order:
 *
 * 1. age: a record expires when `timestamp < now - max_age_seconds`;
 * 2. count: of what is left, the newest `max_records` stay;
 * 3. size: of what is left, going back from the newest, records stay until the next one would take
 *    their bytes past `max_total_bytes`; that one and all older ones expire.
 *
 * Count and size both keep a newest part, so one position in the sequence of live records describes what they drop.
 * So the caller can decide by sums per block, without a list of lines.
 */
export interface RetentionPolicy {
  /** Records older than this many seconds expire; null: no limit. */
  max_age_seconds: number | null;
  /** At most this many records stay; null: no limit. */
  max_records: number | null;
  /** At most this many bytes of records stay, each counted with its newline; null: no limit. */
  max_total_bytes: number | null;
}

/** What to do with lines that are not dated records. */
export interface OddLines {
  /** `keep` in place (default), `drop`, or refuse the whole run (`fail`). */
  unreadable: 'keep' | 'drop' | 'fail';
  /** `keep` (default) or `drop` records without a finite numeric timestamp. */
  undated: 'keep' | 'drop';
}

/**
 * Frees space in place of applying the limits: records go from the old end until so much of the disk is free. A record
 * that is younger than the floor stays, and so does everything behind it.
 */
export interface FreeRule {
  /** Bytes of disk (Redis: of memory), above zero. */
  bytes: number;
  /** The floor, in seconds before `now`. */
  minAgeSeconds: number;
}

export interface RetentionRules extends RetentionPolicy, OddLines {
  /** Beside it the limits are null. */
  free?: FreeRule;
  /** `keep`: blank lines stay, too, as a recovery wants; left out: they go along when something else does. */
  blank?: 'keep';
  /** Seconds since 1970; the same for the whole run. */
  now: number;
}

export type LineKind = 'record' | 'undated' | 'unreadable' | 'blank';

/**
 * The status of a line before count and size are applied:
 *
 * - `live`: the limits on count and size count it, and decide about it;
 * - `pinned`: stays whatever the limits say, and is not counted;
 * - `expired`: goes by age (or is undated and dropped on request);
 * - `discarded`: unreadable, and dropped on request;
 * - `blank`: a line of white space; goes only when another line goes.
 */
export type LineStatus = 'live' | 'pinned' | 'expired' | 'discarded' | 'blank';

/** An amount of live records. */
export interface Tally {
  records: number;
  bytes: number;
}

/** Numbers of records that go, by the rule that takes them. */
export type DroppedBy = Record<'age' | 'count' | 'size' | 'free', number>;

export const NOTHING_DROPPED: Readonly<DroppedBy> = { age: 0, count: 0, size: 0, free: 0 };

/** The limits alone, as reports show them. */
export function policyOf(rules: RetentionPolicy): RetentionPolicy {
  const { max_age_seconds, max_records, max_total_bytes } = rules;
  return { max_age_seconds, max_records, max_total_bytes };
}

/** True when no limit is set, and no space is to be freed. */
export function isUnlimited(policy: RetentionPolicy & Pick<RetentionRules, 'free'>): boolean {
  return !policy.free && Object.values(policyOf(policy)).every((limit) => limit === null);
}

/** Records with a timestamp below this have expired by age, or may go to free space. */
export function ageCutoff(rules: Pick<RetentionRules, 'now' | 'max_age_seconds' | 'free'>): number {
  const age = rules.free?.minAgeSeconds ?? rules.max_age_seconds;
  return age === null ? -Infinity : rules.now - age;
}

/** `timestamp` is used for a `record` only. */
export function lineStatus(kind: LineKind, timestamp: number, rules: RetentionRules): LineStatus {
  switch (kind) {
    case 'record':
      return timestamp < ageCutoff(rules) ? 'expired' : 'live';
    case 'undated':
      if (rules.undated === 'drop') return 'expired';
      return ageCutoff(rules) === -Infinity ? 'live' : 'pinned';
    case 'unreadable':
      return rules.unreadable === 'drop' ? 'discarded' : 'pinned';
    case 'blank':
      return rules.blank === 'keep' ? 'pinned' : 'blank';
  }
}

/**
 * The limit that drops a live record with `older` live records before it, out of `total`; null: the record stays, and
 * so does every newer one.
 */
export function cutBy(
  older: Tally,
  total: Tally,
  policy: RetentionPolicy,
): 'count' | 'size' | null {
  if (policy.max_records !== null && older.records < total.records - policy.max_records) {
    return 'count';
  }
  if (policy.max_total_bytes !== null && total.bytes - older.bytes > policy.max_total_bytes) {
    return 'size';
  }
  return null;
}

/** The names beside a log that a run finds before it starts. */
export interface Leftovers {
  /** The log's own path names a file. */
  log: boolean;
  /** The old link: absent, another name of the log itself, or of a different file. */
  old: OldLink;
  /** A temp exists. */
  temp: boolean;
}

export type OldLink = 'none' | 'same' | 'other';

/** What to do about them. */
export type Recovery =
  /** Nothing was left behind. */
  | 'clean'
  /** Killed while the temp was written: the log is untouched. */
  | 'remove-temp'
  /** Killed before the rename: the log is untouched, both extra names go. */
  | 'remove-old-then-temp'
  /** Killed after the rename, or the link was kept: the old file may hold late records. */
  | 'finish-drain'
  /** Somebody else put another file in the log's place: touch nothing, report, try again later. */
  | 'foreign-replacement'
  /** Somebody moved the log away: touch nothing, report. */
  | 'log-moved';

/**
 * What the names left by a killed run mean. Sound only because a temp is never started while an old
 * link exists: then a temp beside a link to a different file cannot be our own doing.
 */
export function recoveryFor({ log, old, temp }: Leftovers): Recovery {
  if (!log) return old === 'none' && !temp ? 'clean' : 'log-moved';
  if (old === 'same') return 'remove-old-then-temp';
  if (old === 'other') return temp ? 'foreign-replacement' : 'finish-drain';
  return temp ? 'remove-temp' : 'clean';
}

/**
 * How the old links relate to the log. There can be more than one: a power loss may bring back a
 * link whose removal was not yet durable beside its successor. Both are then names of the log.
 */
export function compareOld<Id>(log: Id | undefined, links: readonly Id[]): OldLink {
  if (links.length === 0) return 'none';
  return links.every((link) => link === log) ? 'same' : 'other';
}
